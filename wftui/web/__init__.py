"""The screen in a browser: a page, and a process for each tab.

The extra `wftui[web]`; `wftui web` alone imports it. The terminal emulator of the page comes from the package
textual-serve; its server and its page are not used, as anyone may open them.

- `app`: the page and its socket, behind the gate. `gate`: cookie, host and origin.
- `screen_process`: the process of one tab. `static`: page, script and style.
"""
