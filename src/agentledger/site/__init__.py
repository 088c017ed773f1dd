"""The static site: view models of a fleet, their HTML, and a folder that is published completely or not at all.

    labels, page_names, file_order, forge_links, branch_commands   what several pages share
    board_view, branch_view, task_view, file_view, check_view …    Fleet → frozen view models: all words, all order
    visible_characters, intraline_diff, diff, markdown             texts and patches from git → markup
    pages                                                          view models → {path: bytes}, by the templates
    manifest, folder, write                                        what was published, and publishing it
    build                                                          all of these, for the branches that changed
    watch → rebuild_loop → server, responses                       the served site: hints, builds, open pages

Belongs here: what pages show, and writing them. Does not: reading a repository; a snapshot is passed in (see
`fleet.snapshot`).
"""
