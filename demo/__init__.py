"""`make demo`: the installed program against endpoints on loopback, and a replay of a well-known morning."""
