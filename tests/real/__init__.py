"""Real servers from Debian's packages, each brought up on loopback with a certificate of ours."""
