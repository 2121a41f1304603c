"""Other packages' names on this core: only the import changes.

    ssewire.compat.httpx_sse              httpx-sse
    ssewire.compat.httpx2                 the EventSource of httpx2, and `client.sse()`
    ssewire.compat.sseclient              sseclient-py
    ssewire.compat.aiohttp_sse_client2    aiohttp-sse-client2

`python -m ssewire.compat PATH...` lists a project's imports that can change. docs/compat.md says what differs, and
which option gives what a package did before.
"""
