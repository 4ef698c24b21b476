#!/usr/bin/env python3
import argparse

__all__ = ["main"]
VERSION = "1"

def parse(argv=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("--x")
    return parser.parse_args(argv)

def main():
    class Local:
        def run(self):
            pass
    with open("f") as handle:
        data = handle.read()
    return Local().run()

if __name__ == "__main__":
    main()
