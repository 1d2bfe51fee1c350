# make demo           install into .venv and see the check at work against endpoints on loopback
# make demo HOST=...  the same, against a host of yours
# make test           everything that CI runs, but for the next two
# make test-monitors  the templates in real monitors, as Debian has them (as root)
# make test-fuzz      the same hostile input every time, for two minutes
# make fuzz           other hostile input every time, for hours
# make deb            the Debian package, in dist/debian/ (on Debian 12 or 13)
# make test-deb       the same, judged by lintian, installed into a Debian 13 and used there (as root)
# make clean          remove what these made

PYTHON ?= python3
OLDEST ?= $(call interpreter,3.9)
NEWEST ?= $(call interpreter,3.13)
JOBS ?= 2

# The first that runs of: pythonX.Y on PATH, pyenv's newest X.Y.
interpreter = $(firstword $(foreach candidate,python$(1) $(sort $(wildcard $(HOME)/.pyenv/versions/$(1).*/bin/python)),\
	$(if $(shell $(candidate) -c 'import sys; print(sys.version_info[:2] == tuple(map(int, "$(1)".split("."))))' 2>/dev/null | grep True),$(candidate))))

VENV := .venv
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 pip install --quiet
# Compiled at installation, so that the first check after it starts as fast as any.
COMPILED := PYTHONDONTWRITEBYTECODE= $(PIP) --compile

.PHONY: demo test test-newest test-oldest test-monitors test-fuzz fuzz lint benchmark clean

$(VENV)/installed: setup.cfg pyproject.toml $(shell find check_tls_cert -name '*.py')
	$(PYTHON) -m venv $(VENV)
	. $(VENV)/bin/activate && $(COMPILED) .
	rm -rf build *.egg-info
	touch $@

demo: $(VENV)/installed
	@$(VENV)/bin/python -m demo $(HOST)

$(VENV)/test-installed: $(VENV)/installed
	. $(VENV)/bin/activate && $(COMPILED) '.[test,fuzz]'
	rm -rf build *.egg-info
	touch $@

test: $(VENV)/test-installed lint test-oldest test-newest

lint: $(VENV)/test-installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/bandit --quiet --recursive check_tls_cert

# The lowest versions that setup.cfg admits, on the oldest Python.
test-oldest: .venv-oldest/installed
	.venv-oldest/bin/python -m pytest -q -n $(JOBS)

.venv-oldest/installed: setup.cfg tests/lowest.txt
	@test -n "$(OLDEST)" || { echo "Python 3.9 is missing; name it: make test OLDEST=/path/to/python3.9" >&2; exit 1; }
	$(OLDEST) -m venv .venv-oldest
	. .venv-oldest/bin/activate && $(PIP) -r tests/lowest.txt
	touch $@

# The newest versions, on the newest Python, with coverage: 100 % of the branches, the program's own processes included.
test-newest: .venv-newest/installed
	rm -f .coverage*
	.venv-newest/bin/python -m coverage run -m pytest -q -n $(JOBS)
	.venv-newest/bin/python -m coverage combine --quiet
	.venv-newest/bin/python -m coverage report

.venv-newest/installed: setup.cfg
	@test -n "$(NEWEST)" || { echo "Python 3.13 is missing; name it: make test NEWEST=/path/to/python3.13" >&2; exit 1; }
	$(NEWEST) -m venv .venv-newest
	. .venv-newest/bin/activate && $(PIP) '.[test]' && pip uninstall --quiet --yes check_tls_cert
	rm -rf build *.egg-info
	touch $@

# Programs of Debian, which ordinary tests do without.
test-monitors: $(VENV)/test-installed
	$(VENV)/bin/python -m pytest -q tests/monitors

test-fuzz: $(VENV)/test-installed
	$(VENV)/bin/python -m pytest -q -n $(JOBS) tests/fuzz

# CHECK_TLS_CERT_EXAMPLES=1000 is as many of each test as test-fuzz has.
fuzz: $(VENV)/test-installed
	$(VENV)/bin/python -m pytest -q -n $(JOBS) --hypothesis-profile=long tests/fuzz

benchmark: $(VENV)/installed
	$(VENV)/bin/python benchmarks/startup.py
	$(VENV)/bin/python benchmarks/fleet.py

clean:
	rm -rf $(VENV) .venv-oldest .venv-newest .hypothesis build *.egg-info .coverage* .mypy_cache .ruff_cache .pytest_cache

# The Debian package, in dist/debian/, and what becomes of it in a Debian 13 (as root).
.PHONY: deb test-deb clean-deb

deb:
	tools/deb.sh

test-deb:
	tests/debian/run.sh

clean: clean-deb

clean-deb:
	rm -rf dist/debian
	[ ! -d dist ] || rmdir --ignore-fail-on-non-empty dist
