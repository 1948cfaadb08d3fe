"""The intermediate representation: a few kinds of op over typed values, and a textual form of it."""
