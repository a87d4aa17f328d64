# ropescope: `make demo` builds and opens the explorer on the demo model, `make test` tests everything.
# Plain builds lie in build/, sanitizer builds in build/sanitize/ and build/races/, fuzzing in build/fuzz/; nothing else is written.

PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
ZSHDIR  ?= $(PREFIX)/share/zsh/site-functions
DESTDIR ?=
CC      ?= cc
VERSION := 0.1.0
# The library of matrix products that runs load, by its file's name; empty: OpenBLAS.
BLAS    ?=

ifdef SANITIZE
BUILD := build/sanitize
SANITIZER := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPTIMISE := -O1
else ifdef RACES
BUILD := build/races
CC := clang
SANITIZER := -fsanitize=thread
OPTIMISE := -O1
else ifdef FUZZ
BUILD := build/fuzz
CC := clang
SANITIZER := -fsanitize=fuzzer-no-link,address,undefined,float-cast-overflow -fno-sanitize-recover=all -fno-omit-frame-pointer
OPTIMISE := -O1
else
BUILD := build
SANITIZER :=
OPTIMISE := -O3
endif

# Checked buffers, a program that may lie anywhere, tables that nothing writes to once it runs. Sanitizers know
# nothing of _FORTIFY_SOURCE, and it does nothing unless code is optimised.
FORTIFY     := $(if $(SANITIZER)$(filter -O0,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
HARDEN      ?= -fstack-protector-strong -fPIE $(FORTIFY)
HARDEN_LINK ?= -pie -Wl,-z,relro,-z,now

# A library's flags: from the first of its .pc files that is there, else its plain name.
pkg = $(shell for name in $(2); do pkg-config $(1) $$name 2>/dev/null && exit; done; echo $(3))

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
CPPFLAGS += -D_XOPEN_SOURCE=700 -D_DEFAULT_SOURCE -D_FILE_OFFSET_BITS=64 -DROPESCOPE_VERSION='"$(VERSION)"' \
            -DROPESCOPE_DATA='"$(PREFIX)/share/ropescope"' $(BLAS:%=-DROPESCOPE_BLAS='"%"') \
            -Iinclude -Isrc \
            $(call pkg,--cflags-only-I,ncursesw ncurses,) $(call pkg,--cflags-only-I,openblas,)
CFLAGS   ?= -g
# No contraction: the same rows must give the same bits whatever compiled the kernel. Where ISO C has a compiler
# take float for something wider (s390x), it is told not to: a threshold is compared as float32.
hash := \#
WIDE_FLOATS := $(shell printf '$(hash)include <float.h>\n$(hash)if !defined __clang__ && FLT_EVAL_METHOD\nwide\n$(hash)endif\n' | \
                       $(CC) -std=c11 -E -P -x c - 2>/dev/null | grep -q wide && echo -fexcess-precision=fast)
# Hidden: what no header of include/ropescope declares is not seen from outside what it is linked into.
ALL_CFLAGS := -std=c11 $(OPTIMISE) -ffp-contract=off $(WIDE_FLOATS) -fvisibility=hidden -pthread $(WARNINGS) $(WERROR) \
              $(SANITIZER) $(HARDEN) $(CFLAGS)
ALL_LDFLAGS := $(HARDEN_LINK) $(LDFLAGS)
LIBS := $(call pkg,--libs,ncursesw ncurses,-lncursesw -ltinfo) $(call pkg,--libs,libcjson,-lcjson) -lcsv \
        $(call pkg,--libs,libxxhash,-lxxhash) $(call pkg,--libs,libpcre2-8,-lpcre2-8) \
        $(call pkg,--libs,libutf8proc,-lutf8proc) -lm -ldl -pthread
# OpenBLAS is not linked: src/support/blas.c loads it when it is needed.
TEST_LIBS := $(call pkg,--libs,cmocka,-lcmocka)
BLAS_LIBS := $(call pkg,--libs,openblas,-lopenblas)

LIB_SOURCES  := $(wildcard src/*/*.c)
LIB_OBJECTS  := $(LIB_SOURCES:%.c=$(BUILD)/obj/%.o)
TEST_SOURCES := $(wildcard tests/unit/test_*.c)
TEST_HELPERS := $(filter-out $(TEST_SOURCES),$(wildcard tests/unit/*.c))
BENCH_SOURCES := $(wildcard tests/bench/*.c)
# Hostile files: what targets share, and the targets, a file each.
FUZZ_DRIVER  := tests/fuzz/libfuzzer.c
FUZZ_SHARED  := $(patsubst %,tests/fuzz/%.c,files targets tokenizers weights)
FUZZ_SOURCES := $(filter-out $(FUZZ_DRIVER) $(FUZZ_SHARED),$(wildcard tests/fuzz/*.c))
FUZZ_NAMES   := $(FUZZ_SOURCES:tests/fuzz/%.c=%)
TEST_PROGRAMS := $(TEST_SOURCES:tests/unit/%.c=$(BUILD)/tests/%)
TOOL_PROGRAMS := $(patsubst tests/tools/%.c,$(BUILD)/tools/%,$(wildcard tests/tools/*.c))
FORMATTED := $(wildcard src/*.c src/*/*.c src/*/*.h include/ropescope/*.h tests/*/*.c tests/*/*.h)

comma := ,

# Builds say what they make; V=1 shows the commands.
Q := $(if $(V),,@)
say = @echo '  $(1) $(2)'

.PHONY: all demo test test-run test-long valgrind fuzz fuzz-programs oracle bench format format-check lint install uninstall dist deb clean deps deps-test help
.SECONDARY:

all: $(BUILD)/ropescope

$(BUILD)/ropescope: $(BUILD)/obj/src/main.o $(BUILD)/libropescope.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/libropescope.a: $(LIB_OBJECTS)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcs $@ $^

# Once a build: what is missing is told in a line each, before a compiler stumbles over it.
$(BUILD)/checked: src/packaging/check
	@mkdir -p $(@D)
	@CC='$(CC)' CPPFLAGS='$(filter-out -DROPESCOPE_%,$(CPPFLAGS))' LIBS='$(LIBS)' BLAS='$(BLAS)' $<
	@touch $@

$(BUILD)/obj/%.o: %.c Makefile | $(BUILD)/checked
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(TEST_HELPERS:%.c=$(BUILD)/obj/%.o) $(BUILD)/libropescope.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(TEST_LIBS) $(LIBS)

$(BUILD)/tools/make_model $(BUILD)/bench: $(BUILD)/obj/tests/unit/made_model.o
$(BUILD)/bench: $(BUILD)/obj/tests/unit/synthetic.o

# Every file of tests/fuzz/corpus goes through its target in the ordinary tests, too.
$(BUILD)/tests/test_fuzz_corpus: $(patsubst %.c,$(BUILD)/obj/%.o,$(FUZZ_SHARED) $(FUZZ_SOURCES))

$(BUILD)/fuzz-%: $(FUZZ_DRIVER) $(BUILD)/obj/tests/fuzz/%.o \
                 $(patsubst %,$(BUILD)/obj/tests/fuzz/%.o,files tokenizers weights) $(BUILD)/libropescope.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -fsanitize=fuzzer -DFUZZ_TARGET=fuzz_$* $(LDFLAGS) -o $@ $^ $(LIBS)

# The program that runs out of memory once, where a test tells it to.
$(BUILD)/tools/starved: $(BUILD)/obj/src/main.o $(BUILD)/obj/tests/tools/starved.o $(BUILD)/libropescope.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(patsubst %,-Wl$(comma)--wrap=%,malloc calloc realloc aligned_alloc) -o $@ $^ $(LIBS)

$(BUILD)/tools/%: $(BUILD)/obj/tests/tools/%.o $(BUILD)/libropescope.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/bench: $(BENCH_SOURCES:%.c=$(BUILD)/obj/%.o) $(BUILD)/libropescope.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) $(BLAS_LIBS)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# ---- what people type -----------------------------------------------------------------------------

demo: deps
	@$(MAKE) --no-print-directory all
	@$(BUILD)/ropescope tests/data/demo/base

test: deps-test
	@$(MAKE) --no-print-directory test-run

test-run:
	@tests/run

test-programs: all $(TEST_PROGRAMS) $(TOOL_PROGRAMS)

# Programs that allocate, map and count much; not the sanitized build. AVX-512 is nothing valgrind knows.
VALGRIND := valgrind -q --error-exitcode=1 --leak-check=full --errors-for-leak-kinds=definite,indirect
VALGRIND_TESTS := kernel scan session angles_file cache adapter safetensors plain_entry rule quantile \
                  histogram correlation update go

test-long: test
	@tests/deps long
	@$(MAKE) --no-print-directory valgrind
	@tests/long/analyse.sh
	@tests/long/faults.sh
	@tests/long/kills.sh
	@STRIDE=1 TOOLS=build/sanitize/tools tests/e2e/starved.sh
	@$(MAKE) --no-print-directory RACES=1 build/races/ropescope
	@tests/long/keys.sh
	@TIME=$(TIME) tests/long/fuzz.sh
	@tests/long/foreign.sh
	@tests/long/package.sh

valgrind: $(VALGRIND_TESTS:%=$(BUILD)/tests/test_%)
	@for test in $(VALGRIND_TESTS); do \
	  $(VALGRIND) $(BUILD)/tests/test_$$test >$(BUILD)/valgrind.log 2>&1 || { cat $(BUILD)/valgrind.log; exit 1; }; \
	  echo "ok $$test: $$(grep -cE '^\[ +OK' $(BUILD)/valgrind.log) tests"; \
	  sed -nE 's/^\[ +SKIPPED \] ([a-z])/skipped: \1/p' $(BUILD)/valgrind.log | sort -u; \
	done

# Time for each target, in seconds.
TIME ?= 60

fuzz:
	@[ -z '$(filter-out $(FUZZ_NAMES),$(TARGET))' ] || \
	  { echo 'make: there is no target $(TARGET) to fuzz, only $(FUZZ_NAMES)' >&2; exit 1; }
	@mkdir -p build/fuzz
	@echo 'int LLVMFuzzerTestOneInput(const char *bytes, long size) { return !bytes && size; }' | \
	  clang -w -fsanitize=fuzzer -x c -o build/fuzz/probe - 2>build/fuzz/probe.log || \
	  { echo 'make: fuzzing needs clang and its libFuzzer: apt-get install clang' >&2; exit 1; }
	@$(MAKE) --no-print-directory -j$$(nproc) FUZZ=1 fuzz-programs
	@tests/fuzz/run $(TIME) $(or $(TARGET),$(FUZZ_NAMES))

fuzz-programs: $(patsubst %,$(BUILD)/fuzz-%,$(or $(TARGET),$(FUZZ_NAMES)))

oracle:
	@tests/fixtures/make_all
	@tests/oracle/run

bench: deps-test
	@$(MAKE) --no-print-directory all $(BUILD)/bench $(BUILD)/tools/stream
	@$(BUILD)/bench $(BENCH_FLAGS)

format:
	clang-format -i $(FORMATTED)

format-check:
	@clang-format --dry-run -Werror $(FORMATTED)

# Both compilers, warnings as errors; syntax alone, so that it is quick.
lint:
	@for compiler in gcc clang; do \
	  printf '%s\n' src/main.c $(LIB_SOURCES) $(wildcard tests/*/*.c) | xargs -P $$(nproc) -n 8 \
	    $$compiler $(CPPFLAGS) -std=c11 -O1 $(WARNINGS) -Werror -fsyntax-only || exit 1; \
	done

# What is installed, one by one, so that uninstall takes away no more than that.
SHARE   := $(PREFIX)/share/ropescope
HEADERS := $(sort $(wildcard include/ropescope/*.h))
THEMES  := $(sort $(wildcard themes/*.theme))
DEMO    := $(addprefix tests/data/demo/base/,config.json model.safetensors)
BASHDIR := $(PREFIX)/share/bash-completion/completions
MANDIR  := $(PREFIX)/share/man/man1
INSTALLED := $(PREFIX)/bin/ropescope $(LIBDIR)/libropescope.a $(LIBDIR)/pkgconfig/ropescope.pc \
             $(addprefix $(PREFIX)/,$(HEADERS)) $(addprefix $(SHARE)/,$(THEMES)) \
             $(addprefix $(SHARE)/demo/,$(notdir $(DEMO))) \
             $(MANDIR)/ropescope.1 $(BASHDIR)/ropescope $(ZSHDIR)/_ropescope
INSTALLED_FOLDERS := $(addprefix $(SHARE),/demo /themes /) $(PREFIX)/include/ropescope
put = install -D -m 644 -t $(DESTDIR)

install: all
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(BUILD)/ropescope
	$(put)$(LIBDIR) $(BUILD)/libropescope.a
	$(put)$(PREFIX)/include/ropescope $(HEADERS)
	sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR:$(PREFIX)/%=$${prefix}/%)|' \
	    -e 's|@VERSION@|$(VERSION)|; s|@LIBS@|$(strip $(LIBS))|' src/packaging/ropescope.pc.in | \
	    install -D -m 644 /dev/stdin $(DESTDIR)$(LIBDIR)/pkgconfig/ropescope.pc
	$(put)$(SHARE)/demo $(DEMO)
	$(put)$(SHARE)/themes $(THEMES)
	$(put)$(MANDIR) src/manual/ropescope.1
	install -D -m 644 src/completions/ropescope.bash $(DESTDIR)$(BASHDIR)/ropescope
	$(put)$(ZSHDIR) src/completions/_ropescope

# The folders of ropescope's own go too, unless somebody has put something there.
uninstall:
	rm -f $(addprefix $(DESTDIR),$(INSTALLED))
	@rmdir $(addprefix $(DESTDIR),$(INSTALLED_FOLDERS)) 2>/dev/null || true

# The same bytes from the same commit, wherever it is made.
dist:
	@src/packaging/dist $(VERSION)

deb: dist
	@src/packaging/deb $(VERSION)

clean:
	rm -rf build

deps:
	@tests/deps build

deps-test:
	@tests/deps build test

help:
	@echo 'make            build build/ropescope'
	@echo 'make demo       install what is missing, build, open the explorer on the demo model'
	@echo 'make test       install what is missing, check the formatting, run every test, plain and sanitized'
	@echo 'make test-long  that, tests under valgrind, failures in turn, other processors, and the Debian package'
	@echo 'make valgrind   the tests of what allocates, maps and counts, under valgrind (minutes)'
	@echo 'make fuzz       hostile files for every parser, TIME=60 seconds each; TARGET=gguf: one of them (needs clang)'
	@echo 'make oracle     make the fixtures anew and train with masks, in Python environments of its own (gigabytes)'
	@echo 'make bench      speed, as ratios measured side by side in one run (BENCH_FLAGS="--markdown", "--json")'
	@echo 'make format     clang-format over the tree;  make lint: gcc and clang, warnings as errors'
	@echo 'make install    into PREFIX (/usr/local), under DESTDIR;  make uninstall'
	@echo 'make dist       build/ropescope-$(VERSION).tar.gz, reproducible;  make deb: Debian packages in build/'
	@echo 'make deps       install what the build needs;  make clean'
