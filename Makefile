# make demo           install into .venv and see the check at work against endpoints on loopback
# make demo HOST=...  the same, against a host of yours
# make test           lint, and the tests on one Python: the first two commands need nothing else
# make test-all       all that CI runs besides: every Python that is installed, the lowest and the newest versions, the
#                     source archive, hostile input, real monitors (some as root)
# make fuzz           other hostile input every time, for hours
# make benchmark      cost of a check against the floor of its imports, and of a fleet
# make deb            the Debian package, in dist/debian/ (on Debian 12 or 13)
# make test-deb       the same, judged by lintian, installed into a Debian 13 and used there (as root)
# make mutants        do the tests of each room notice when its code changes? some minutes; ROOM=x509 for one room
# make clean          remove what these made

# Pythons that are supported, newest first.
SUPPORTED := 3.14 3.13 3.12 3.11 3.10 3.9

# The first that runs of: pythonX.Y on PATH, pyenv's newest X.Y; nothing if there is none.
interpreter = $(firstword $(foreach candidate,python$(1) $(sort $(wildcard $(HOME)/.pyenv/versions/$(1).*/bin/python)),\
	$(if $(shell $(candidate) -c 'import sys; print(sys.version_info[:2] == tuple(map(int, "$(1)".split("."))))' 2>/dev/null | grep True),$(candidate))))

# What `make test` runs on: python3 if it is supported, or else the newest that is.
PYTHON ?= $(or $(if $(filter $(SUPPORTED),$(shell python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)),python3),\
	$(firstword $(foreach version,$(SUPPORTED),$(call interpreter,$(version)))))
INSTALLED = $(foreach version,$(SUPPORTED),$(if $(call interpreter,$(version)),$(version)))
OLDEST ?= $(lastword $(INSTALLED))
NEWEST ?= $(firstword $(INSTALLED))
# Those between are tried from the unpacked source archive; the one that `make test` had is done.
BETWEEN ?= $(filter-out $(OLDEST) $(NEWEST) $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'),$(INSTALLED))
JOBS ?= 2

VENV := .venv
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 pip install --quiet
# Compiled at installation, so that the first check after it starts as fast as any.
COMPILED := PYTHONDONTWRITEBYTECODE= $(PIP) --compile
PYTEST := -m pytest -q -n $(JOBS)

.PHONY: demo test lint test-all test-oldest test-newest test-debian13 test-sdist test-monitors test-fuzz fuzz benchmark clean

$(VENV)/installed: setup.cfg setup.py pyproject.toml $(shell find check_tls_cert -name '*.py')
	@test -n "$(PYTHON)" || { echo "no supported Python ($(SUPPORTED)) is here; name one: make PYTHON=/path/to/python" >&2; exit 1; }
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

test: lint
	$(VENV)/bin/python $(PYTEST)

lint: $(VENV)/test-installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	if [ -x $(VENV)/bin/bandit ]; then $(VENV)/bin/bandit --quiet --recursive check_tls_cert; fi

test-all: test-oldest test-newest test-debian13 test-sdist test-fuzz test-monitors

# The lowest versions that setup.cfg admits, on the oldest Python.
test-oldest: .venv-oldest/installed
	.venv-oldest/bin/python $(PYTEST)

.venv-oldest/installed: setup.cfg tests/lowest.txt
	$(call interpreter,$(OLDEST)) -m venv .venv-oldest
	. .venv-oldest/bin/activate && $(PIP) -r tests/lowest.txt
	touch $@

# The newest versions, on the newest Python, with coverage: 100 % of the branches, the program's own processes included.
test-newest: .venv-newest/installed
	rm -f .coverage*
	.venv-newest/bin/python -m coverage run $(PYTEST)
	.venv-newest/bin/python -m coverage combine --quiet
	.venv-newest/bin/python -m coverage report

.venv-newest/installed: setup.cfg
	$(call interpreter,$(NEWEST)) -m venv .venv-newest
	. .venv-newest/bin/activate && $(PIP) '.[test]' && pip uninstall --quiet --yes check_tls_cert
	rm -rf build *.egg-info
	touch $@

# The versions of Debian 13, on its Python.
test-debian13: .venv-debian13/installed
	.venv-debian13/bin/python $(PYTEST) $(PARTS)

.venv-debian13/installed: tests/debian13.txt
	$(or $(call interpreter,3.13),$(call interpreter,$(NEWEST))) -m venv .venv-debian13
	. .venv-debian13/bin/activate && $(PIP) -r tests/debian13.txt
	touch $@

# The tests as they are in the source archive, unpacked elsewhere, on every Python between.
SDIST := build/sdist
PARTS := --ignore=tests/real --ignore=tests/test_corpora.py --ignore=tests/test_reproducible.py

test-sdist: $(VENV)/test-installed
	rm -rf $(SDIST)
	$(VENV)/bin/python -m build --quiet --sdist --no-isolation --outdir $(SDIST) .
	tar -C $(SDIST) -xzf $(SDIST)/*.tar.gz
	rm -rf *.egg-info
	set -e; for version in $(or $(BETWEEN),$(NEWEST)); do $(MAKE) --no-print-directory VERSION=$$version test-unpacked; done

test-unpacked: .venv-$(VERSION)/installed
	cd $(SDIST)/check_tls_cert-*/ && $(CURDIR)/.venv-$(VERSION)/bin/python $(PYTEST) $(PARTS)

.venv-$(VERSION)/installed: setup.cfg
	$(call interpreter,$(VERSION)) -m venv .venv-$(VERSION)
	. .venv-$(VERSION)/bin/activate && $(PIP) '.[test]' && pip uninstall --quiet --yes check_tls_cert
	rm -rf build/lib build/bdist* *.egg-info
	touch $@

# Programs of Debian, which ordinary tests do without.
test-monitors: $(VENV)/test-installed
	$(VENV)/bin/python -m pytest -q tests/monitors

test-fuzz: $(VENV)/test-installed
	$(VENV)/bin/python $(PYTEST) tests/fuzz

# CHECK_TLS_CERT_EXAMPLES=1000 is as many of each test as test-fuzz has.
fuzz: $(VENV)/test-installed
	$(VENV)/bin/python $(PYTEST) --hypothesis-profile=long --timeout=0 tests/fuzz

# Mutation testing, with each room's own tests alone (tools/mutants.py): ROOM="x509 judge/path" chooses rooms.
.PHONY: mutants clean-mutants
mutants: .venv-mutants/installed
	JOBS=$(JOBS) .venv-mutants/bin/python -m tools.mutants $(ROOM)

.venv-mutants/installed: setup.cfg
	$(call interpreter,$(NEWEST)) -m venv .venv-mutants
	. .venv-mutants/bin/activate && $(PIP) '.[test,mutants]' && pip uninstall --quiet --yes check_tls_cert
	rm -rf build *.egg-info
	touch $@

clean: clean-mutants
clean-mutants:
	rm -rf .venv-mutants .mutants

benchmark: $(VENV)/installed
	$(VENV)/bin/python benchmarks/startup.py
	$(VENV)/bin/python benchmarks/fleet.py

clean:
	rm -rf .venv .venv-* .hypothesis build *.egg-info .coverage* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

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
