"""What writes: use cases that change a repository or a folder. One module each."""
