"""Providers' own SDKs on this package's core: one client by `accelerate`, all clients of a process by `install`.

    import ssewire.integrations

    ssewire.integrations.install("openai")  # whoever makes the clients

docs/adapters.md says what changes and what does not.
"""

from __future__ import annotations

from ssewire.integrations._install import accelerate, install, uninstall

__all__ = ["accelerate", "install", "uninstall"]
