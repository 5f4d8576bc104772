"""`python -m b12assistant` is the command `b12assistant`."""

from b12assistant.command.cli import main

if __name__ == "__main__":
    main()
