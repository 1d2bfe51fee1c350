"""The tests: files mirror modules; `pki` builds certificates, `servers` serves them, `program` runs the program."""
