"""``python -m almareplay``."""

from almareplay.cli import main

if __name__ == "__main__":
    main()
