# Tasks of a contributor; CONTRIBUTING.md says when to use which. `make` lists them.

.DEFAULT_GOAL := help
.PHONY: help check test slow snapshots docs hostile bench lock

help:
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

check: ## format, lint, types and import contracts
	ruff format --check .
	ruff check .
	mypy
	lint-imports

test: ## the tests of one room: make test ROOM=store (all without ROOM)
	pytest $(if $(ROOM),-n 2 tests/$(ROOM))

slow: ## the tests that are big, or need a browser, a server or a network
	pytest -m slow

snapshots: ## draw the snapshots of screens and words and the pictures of the README; look at the difference
	pytest tests/tui tests/compiler tests/runtime tests/model --snapshot-update
	python screenshots/draw.py

docs: ## write what is made from the code: pages, schema, the Python of the examples
	rm -f tables/*.py tables/workflow.schema.json tables/workflows/*/workflow.py  # a merge leaves them as nobody wrote them
	python -m wftui compile --all --tables tables
	python docs/make.py

hostile: ## try what must never happen at size: kill -9, mutated workflows, secrets
	python tests/hostile/run.py

bench: ## print the measurements
	python tests/benchmarks/run.py

lock: ## renew constraints.txt, the versions that CI installs
	uv pip compile --quiet --upgrade --universal --all-extras --no-annotate --no-header --output-file constraints.txt pyproject.toml
