# The commands of the contract. On a bare machine: Python 3.11, Node 20 and make; `.ci/run` brings the Debian packages that tests need.
PYTHON ?= python3
BIN := .venv/bin
FLASK := $(BIN)/flask --app wsgi
CATALOG := LC_MESSAGES/messages.po
CYRILLIC := translations/sr_Cyrl/$(CATALOG) translations/sr_Cyrl_ME/$(CATALOG) translations/bs_Cyrl/$(CATALOG)
PO := $(filter-out $(CYRILLIC),$(wildcard translations/*/$(CATALOG)))
WORKERS ?= 4
SOAK_MINUTES ?= 5

.PHONY: setup run serve test test-postgresql attacks soak bench check catalogs language format lock audit docs screenshots pictures

setup: .venv/.ready node_modules/.ready $(PO:.po=.mo) $(CYRILLIC:.po=.mo)

.venv/.ready: requirements.txt requirements-dev.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

node_modules/.ready: package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	touch $@

translations/sr_Cyrl/$(CATALOG): translations/sr_Latn/$(CATALOG)
translations/sr_Cyrl_ME/$(CATALOG): translations/sr_Latn_ME/$(CATALOG)
translations/bs_Cyrl/$(CATALOG): translations/bs/$(CATALOG)
$(CYRILLIC): .venv/.ready facilitation/meeting/scripts.py
	$(BIN)/python -m facilitation.meeting.scripts $(filter %.po,$^) $@

%.mo: %.po .venv/.ready
	$(BIN)/pybabel --quiet compile --input-file=$< --output-file=$@ --locale=$(notdir $(patsubst %/LC_MESSAGES/messages.po,%,$<))

run: setup
	$(FLASK) prepare
	exec $(BIN)/python wsgi.py

serve: setup
	$(FLASK) check-config
	$(FLASK) db upgrade
	exec $(BIN)/python wsgi.py --production

test: setup
	$(BIN)/python -m pytest -n $(WORKERS)
	npm test --silent

# The tests that stand on an application in their own process, once more on PostgreSQL: those of what asks the database most, or
# asks it for something that engines do differently (locks, full text, undoing, sealed rows, dates). `ENGINE=postgresql make test` has all.
ON_POSTGRESQL := $(addprefix tests/,live/test_commands.py live/test_kept.py live/test_sockets.py test_migrations.py test_plan_storing.py) \
  $(addprefix tests/activities/test_,capture.py desk.py finding.py series.py themes.py vote.py) tests/meeting/test_undoing.py \
  $(addprefix tests/record/test_,approval.py library.py seal.py state.py) $(addprefix tests/web/test_,accounts.py owning.py second_factor.py settings.py)
test-postgresql: setup
	ENGINE=postgresql $(BIN)/python -m pytest -n $(WORKERS) $(ON_POSTGRESQL)

# Every attack on all four of eventlet and threading, SQLite and PostgreSQL; `make test` has each of them once.
attacks: setup
	ATTACKS=all $(BIN)/python -m pytest -n $(WORKERS) tests/attacks

# A table of figures, and JSON: of the given letters (see docs/performance.md), in one async mode.
bench: setup
	$(BIN)/python -W ignore -m tests.bench --mode $(or $(ASYNC_MODE),eventlet) --only $(or $(ONLY),abcdefghi) --json bench.json

# Servers in bad weather, at random, for minutes; `make test` has each fault by itself.
soak: setup
	SOAK_MINUTES=$(SOAK_MINUTES) $(BIN)/python -m pytest tests/faults -m soak -s -n 0

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	npm run --silent check
	$(BIN)/python -m pytest tests/test_catalogs.py

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# New texts into the catalogs; then translate what `git diff translations` shows.
catalogs: setup
	$(BIN)/pybabel --quiet extract -F pyproject.toml -k _l -k lazy_gettext -k lazy_ngettext:1,2 -k _forms:1,2 --no-location --sort-output --project=Facilitation -o translations/messages.pot .
	for po in $(PO); do $(BIN)/pybabel --quiet update --no-fuzzy-matching --ignore-obsolete --width=120 -i translations/messages.pot -l $$(basename $$(dirname $$(dirname $$po))) -o $$po; done

# A new language of the interface: `make language TAG=hr`, then translate the file it names.
language: catalogs
	$(BIN)/pybabel --quiet init --width=120 -i translations/messages.pot -d translations -l $(subst -,_,$(TAG))

# Whether what is pinned has known holes: asks the registries and, where they give no advisories, the list in the repository.
audit: setup
	$(BIN)/python -m tests.holes

lock:
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile -q --generate-hashes --strip-extras --allow-unsafe --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links -o requirements.txt pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --strip-extras --allow-unsafe --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --extra dev -c requirements.txt -o requirements-dev.txt pyproject.toml

# What of docs/ is made from the code.
docs: setup
	for page in commands formats; do INSTANCE_DIR=$$(mktemp -d) $(BIN)/python docs/client/list_$$page.py; done

screenshots: setup
	$(BIN)/python docs/screenshots.py

# The pictures that the README and the guides show.
pictures: setup
	$(BIN)/python docs/screenshots.py --printed
