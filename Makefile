# Targets for developers. The gate that a change must pass is .ci/run.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c

FUZZTIME ?= 30s
BENCHTIME ?= 1s

.PHONY: all build packages test lint fuzz bench clean

all: build

# One static program, the same bytes from the same source.
build:
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o sshaudit ./cmd/sshaudit

# .deb and .rpm for amd64 and arm64, in dist/; of what is committed.
packages:
	bash packaging/build

test:
	bash .ci/test

# The linter's modules are its own; the first run builds it and takes minutes.
lint:
	go vet ./... ./.ci/summary
	go tool -modfile=.tools/lint.mod golangci-lint run

# Runs every fuzz target for FUZZTIME: make fuzz FUZZTIME=10m
# What it finds is written below testdata/fuzz and is a test from then on.
fuzz:
	@go list -f '{{$$p := .ImportPath}}{{range .TestGoFiles}}{{$$.Dir}}/{{.}} {{$$p}}{{"\n"}}{{end}}{{range .XTestGoFiles}}{{$$.Dir}}/{{.}} {{$$p}}{{"\n"}}{{end}}' ./... | \
	while read -r file package; do \
		[ -n "$$file" ] || continue; \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$file"); do \
			echo "== $$package $$target"; \
			go test -run='^$$' -fuzz="^$$target\$$" -fuzztime=$(FUZZTIME) "$$package" || exit 1; \
		done; \
	done

bench:
	go test -run='^$$' -bench=. -benchmem -benchtime=$(BENCHTIME) ./...

clean:
	rm -f sshaudit
	rm -rf dist
	go clean -testcache
