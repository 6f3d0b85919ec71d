"""`python -m wftui` is `wftui`."""

from wftui.cli.main import main

raise SystemExit(main())
