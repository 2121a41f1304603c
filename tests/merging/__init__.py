"""The same short streams read by ssewire and its peers: who puts which together right."""
