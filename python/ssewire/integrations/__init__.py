"""Providers' own packages on this package's core: `ssewire.integrations.openai`, `ssewire.integrations.anthropic`."""
