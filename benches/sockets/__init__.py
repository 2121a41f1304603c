"""Over real sockets: what one response costs beside draining it, and what a gateway's many streams cost."""
