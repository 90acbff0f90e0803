# MonkeyFarm: every task of the house. Nothing is installed silently; what is
# missing is named with the Debian package that has it.

PREFIX ?= /usr/local
DESTDIR ?=
SHARE = $(DESTDIR)$(PREFIX)/share
CARGO ?= cargo
PROGRAMS := mf mf-hub mf-regulatord mf-workerd mf-plugin-host
PLUGINS := mock debian git bzr generic bugzilla github
# Where cargo puts what it builds, and what of it is installed.
TARGET := $(or $(CARGO_TARGET_DIR),target)
BUILT ?= $(TARGET)/dist
# LOCKED= lets the lock file be updated.
LOCKED ?= --locked
# How many cases a campaign of `make campaign` and `make test-long` has.
CASES ?= 1000
# How long each role of `make fuzz` has.
SECONDS ?= 60
# Where the tools of `make python-tools` are.
PYTHON_TOOLS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/monkeyfarm/python-tools
export MF_PYTHON_TOOLS = $(PYTHON_TOOLS)

.PHONY: help build demo test test-long campaign fuzz bench snapshots lint install clean tools test-tools python-tools

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: tools ## every program and plugin, into target/release
	$(CARGO) build $(LOCKED) --release --workspace --exclude monkeyfarm-tests

demo: build ## a farm of its own builds a real source tree, and shows it
	$(TARGET)/release/mf demo

test: tools test-tools ## every test; campaigns in their short form
	$(CARGO) build $(LOCKED) --workspace
	$(CARGO) build $(LOCKED) --workspace --examples
	$(CARGO) test $(LOCKED) --workspace --no-fail-fast
	@test -x "$(PYTHON_TOOLS)/bin/schemathesis" || printf '\nSKIPPED: %s\n\n' \
	  "types of Python, validity of the API's document and its fuzzing: make python-tools installs what they need" >&2

test-long: tools test-tools ## every test, campaigns in full
	$(CARGO) build $(LOCKED) --workspace
	$(CARGO) build $(LOCKED) --workspace --examples
	MF_CAMPAIGN_CASES=$(CASES) $(CARGO) test $(LOCKED) --workspace
	$(CARGO) test $(LOCKED) --package monkeyfarm-tests --test campaign -- --ignored --nocapture mutants::
	$(CARGO) test $(LOCKED) --package monkeyfarm-tests --test farm -- --ignored --nocapture abi::

campaign: tools ## fault campaigns of CASES=1000 cases; one alone by ONLY=hub
	$(CARGO) build $(LOCKED) --workspace
	MF_CAMPAIGN_CASES=$(CASES) $(CARGO) test $(LOCKED) --package monkeyfarm-tests --test campaign -- --nocapture $(ONLY)

fuzz: tools python-tools ## requests made from the API's document, SECONDS=60 for each role
	$(CARGO) build $(LOCKED) --workspace
	MF_FUZZ_SECONDS=$(SECONDS) $(CARGO) test $(LOCKED) --package monkeyfarm-tests --test interfaces -- --nocapture fuzz::

bench: tools ## figures of the farm beside floors of the same run; BASE=file: and beside a former one
	$(CARGO) build $(LOCKED) --profile dist --workspace
	$(TARGET)/dist/bench $(BASE)

snapshots: tools ## rewrite what is made from the table and kept for review; then read the diff
	INSTA_UPDATE=always $(CARGO) test $(LOCKED) --package mf-hub --test api the_document_is
	INSTA_UPDATE=always $(CARGO) test $(LOCKED) --package mf-client --test reference --test python_table

lint: tools ## formatting, and clippy with warnings denied
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(LOCKED) --workspace --all-targets -- --deny warnings

install: tools ## into $(DESTDIR)$(PREFIX): slower to build than what `make build` makes, smaller and faster
	$(CARGO) build $(LOCKED) --profile dist --workspace --exclude monkeyfarm-tests
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/lib/monkeyfarm/plugins"
	install -m 755 $(PROGRAMS:%=$(BUILT)/%) "$(DESTDIR)$(PREFIX)/bin/"
	install -m 644 $(PLUGINS:%=$(BUILT)/libmf_plugin_%.so) "$(DESTDIR)$(PREFIX)/lib/monkeyfarm/plugins/"
	install -d "$(SHARE)/bash-completion/completions" "$(SHARE)/zsh/site-functions" "$(SHARE)/fish/vendor_completions.d"
	$(BUILT)/mf completion bash > "$(SHARE)/bash-completion/completions/mf"
	$(BUILT)/mf completion zsh > "$(SHARE)/zsh/site-functions/_mf"
	$(BUILT)/mf completion fish > "$(SHARE)/fish/vendor_completions.d/mf.fish"
	$(BUILT)/mf --quiet man "$(SHARE)/man/man1"

clean: ## what was built
	$(CARGO) clean

# A tool, and the Debian package that has it.
tools:
	@missing=0; \
	need() { command -v "$$1" >/dev/null 2>&1 || { echo "missing: $$1 ($$2)" >&2; missing=1; }; }; \
	need $(CARGO) "Rust 1.95 or newer, by rustup; Debian 13: apt-get install rustup && rustup default stable"; \
	need cc "Debian: apt-get install gcc libc6-dev"; \
	need git "Debian: apt-get install git"; \
	need make "Debian: apt-get install make"; \
	exit $$missing

# What only the tests need: servers that the vcs handlers are tested against,
# what makes repositories of packages and installs from them, and the language of
# the other interface.
test-tools:
	@missing=0; PATH="$$PATH:/usr/sbin"; \
	need() { command -v "$$1" >/dev/null 2>&1 || { echo "missing: $$1 ($$2)" >&2; missing=1; }; }; \
	need python3 "Debian: apt-get install python3"; \
	need brz "Debian: apt-get install brz"; \
	need git-lfs "Debian: apt-get install git-lfs"; \
	need ssh "Debian: apt-get install openssh-client"; \
	need sshd "Debian: apt-get install openssh-server"; \
	need rpmbuild "Debian: apt-get install rpm"; \
	need createrepo_c "Debian: apt-get install createrepo-c"; \
	need dnf "Debian: apt-get install dnf"; \
	need dpkg-scanpackages "Debian: apt-get install dpkg-dev"; \
	need chromium "Debian: apt-get install chromium"; \
	need chromedriver "Debian: apt-get install chromium-driver"; \
	exit $$missing

python-tools: ## what checks Python code, the API's document and the pages, from PyPI, outside of the source tree
	python3 -m venv "$(PYTHON_TOOLS)"
	"$(PYTHON_TOOLS)/bin/pip" install --quiet --requirement tests/python-tools.txt
	# axe-core, which pages are checked with; not what it is packed for.
	"$(PYTHON_TOOLS)/bin/pip" install --quiet --no-deps axe-playwright-python==0.1.8
