"""The static site: view models of a fleet, HTML out of them, and a folder that is published whole.

    names, links, commands, order, facts   small decisions that several pages share
    view, branch, files                    Fleet → frozen view models: all words and all ordering
    hidden, words, diff                    text and patches from git → markup
    pages                                  view models → {path: bytes}, through the templates
    manifest, folder, write                what was published, and publishing it
    build                                  all of it, for the branches that changed
    watch → live → serve, served           the live site: hints, when to build, telling open pages

Nothing here reads a repository: a snapshot is handed in.
"""
