/* pretoken.c: the steps from a text to words. They are few and known, so that each calls the next
 * for every piece that it makes: the depth is that of the steps, never that of the text. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "pretoken.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* Limits of one match, and of all patterns over one text. A search tries this many bytes as starts
 * before the clock is looked at: from each of them a pattern may walk to the end of the text. */
enum {
    MATCH_STEPS = 1000000,
    MATCH_KILOBYTES = 65536,
    MATCH_STARTS = 1024,
    PATTERN_SECONDS = 10,
};
/* What steps may make of a text, all of them together: so many times its bytes, and some more. */
enum { GROWTH = 64, GROWTH_MORE = 65536 };

struct step *steps_add(struct steps *steps, enum step_kind kind)
{
    if (steps->count == STEPS_MAX)
        return NULL;
    struct step *step = &steps->step[steps->count++];
    *step = (struct step){.kind = kind};
    return step;
}

enum status steps_add_split(struct steps *steps, const char *pattern, enum split split, bool invert,
                            const char *what, struct error *err)
{
    struct step *step = steps_add(steps, STEP_SPLIT);
    if (!step)
        return error_set(err, STATUS_FAILED, "%s: more than %d steps", what, STEPS_MAX);
    step->split = split;
    step->invert = invert;
    step->pattern = pattern_compile(pattern, what, err);
    if (step->pattern)
        return STATUS_OK;
    steps->count--;
    return STATUS_FAILED;
}

void steps_free(struct steps *steps)
{
    for (size_t i = 0; i < steps->count; i++)
        pattern_free(steps->step[i].pattern);
    steps->count = 0;
}

/* ---- splits -------------------------------------------------------------- */

/* One text on its way through one split. */
struct splitting {
    struct stepping *stepping;
    size_t at; /* the step behind the split */
    const struct step *step;
    const char *text;
    size_t length;
    bool first;
    size_t start;      /* of what is held back for the piece to come */
    size_t end;        /* of what has been cut: pieces follow each other */
    bool held_matches; /* what is held back ends with a match, or is one */
    size_t searches;
};

static enum status send(struct splitting *s, size_t start, size_t end, struct error *err)
{
    if (end <= start)
        return STATUS_OK;
    return steps_run(s->stepping, s->at, s->text + start, end - start, s->first && start == 0, err);
}

/* The next piece, which ends at `end`, and whether it counts as matched. */
static enum status piece(struct splitting *s, size_t end, bool matched, struct error *err)
{
    size_t start = s->end;
    enum status status = STATUS_OK;
    matched = matched != s->step->invert;
    s->end = end;
    if (end <= start)
        return STATUS_OK;
    switch (s->step->split) {
    case SPLIT_REMOVED:
        return matched ? STATUS_OK : send(s, start, end, err);
    case SPLIT_MERGED_WITH_BEFORE: /* goes on until a match ends it */
        if (!matched || s->held_matches)
            status = send(s, s->start, start, err), s->start = start;
        s->held_matches = matched;
        return status;
    case SPLIT_MERGED_WITH_NEXT: /* a match starts a new one, and so does what follows no match */
        if (matched || !s->held_matches)
            status = send(s, s->start, start, err), s->start = start;
        s->held_matches = matched;
        return status;
    default:
        return send(s, start, end, err);
    }
}

static enum status rest(struct splitting *s, struct error *err)
{
    enum status status = piece(s, s->length, false, err);
    bool holds =
        s->step->split == SPLIT_MERGED_WITH_BEFORE || s->step->split == SPLIT_MERGED_WITH_NEXT;
    return status == STATUS_OK && holds ? send(s, s->start, s->length, err) : status;
}

static enum status too_much(const struct splitting *s, struct error *err)
{
    error_set(err, STATUS_FAILED,
              "the tokenizer's pattern takes too long at byte %zu of %zu of a text", s->end,
              s->length);
    return error_help(err, "pass token ids by --tokens");
}

/* The first match from `from` on; false where there is none, or it takes too long: *status tells.
 */
static bool search(struct splitting *s, pcre2_match_data *data, pcre2_match_context *context,
                   size_t from, enum status *status, struct error *err)
{
    const PCRE2_SIZE *found = pcre2_get_ovector_pointer(data);
    int result = PCRE2_ERROR_NOMATCH;
    while (result == PCRE2_ERROR_NOMATCH && from < s->length) {
        size_t last = s->length - from > MATCH_STARTS ? from + MATCH_STARTS : s->length;
        pcre2_set_offset_limit(context, last);
        result = pcre2_match(s->step->pattern, (PCRE2_SPTR)s->text, s->length, from,
                             PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, data, context);
        bool looks = ++s->searches % 64 == 0 || result == PCRE2_ERROR_NOMATCH;
        bool late = looks && clock_seconds() > s->stepping->deadline;
        /* \K can put the start anywhere. */
        bool moved = result >= 0 && (found[0] < from || found[1] <= found[0]);
        if (late || moved || (result < 0 && result != PCRE2_ERROR_NOMATCH)) {
            *status = too_much(s, err);
            return false;
        }
        for (from = last + 1; from < s->length && (s->text[from] & 0xC0) == 0x80; from++)
            ; /* to a whole character */
    }
    return result >= 0;
}

static enum status split_all(struct splitting *s, pcre2_match_data *data,
                             pcre2_match_context *context, struct error *err)
{
    const PCRE2_SIZE *found = pcre2_get_ovector_pointer(data);
    enum status status = STATUS_OK;
    for (size_t from = 0; status == STATUS_OK && search(s, data, context, from, &status, err);) {
        status = piece(s, found[0], false, err);
        if (status == STATUS_OK)
            status = piece(s, found[1], true, err);
        from = found[1];
    }
    return status == STATUS_OK ? rest(s, err) : status;
}

static enum status split(struct splitting *s, struct error *err)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    enum status status = STATUS_NO_MEMORY;
    if (data && context) {
        pcre2_set_match_limit(context, MATCH_STEPS);
        pcre2_set_heap_limit(context, MATCH_KILOBYTES);
        status = split_all(s, data, context, err);
    } else {
        error_memory(err);
    }
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    return status;
}

/* ---- steps that change the text ------------------------------------------ */

static enum status too_large(struct error *err)
{
    return error_set(err, STATUS_FAILED, "the tokenizer makes a text more than %d times as long",
                     GROWTH);
}

/* The text with `from` replaced; *out is the caller's. */
static enum status replace(const struct step *step, const char *text, size_t length, size_t room,
                           char **out, size_t *size, struct error *err)
{
    size_t from = strlen(step->from), to = strlen(step->to), times = 0;
    for (size_t at = 0; at + from <= length;) {
        bool here = memcmp(text + at, step->from, from) == 0;
        times += here;
        at += here ? from : 1;
    }
    uint64_t grown;
    if (!size_multiply(times, to, &grown) || !size_add(grown, length - times * from, &grown) ||
        grown > room)
        return too_large(err);
    *out = memory_unset((size_t)grown + 1);
    if (!*out)
        return error_memory(err);
    *size = 0;
    for (size_t at = 0; at < length;) {
        bool here = at + from <= length && memcmp(text + at, step->from, from) == 0;
        memcpy(*out + *size, here ? step->to : text + at, here ? to : 1);
        *size += here ? to : 1;
        at += here ? from : 1;
    }
    return STATUS_OK;
}

static enum status prepend(const char *before, const char *text, size_t length, size_t room,
                           char **out, size_t *size, struct error *err)
{
    size_t more = strlen(before);
    if (more > room || length > room - more)
        return too_large(err);
    *out = memory_unset(more + length + 1);
    if (!*out)
        return error_memory(err);
    memcpy(*out, before, more);
    memcpy(*out + more, text, length);
    *size = more + length;
    return STATUS_OK;
}

static enum status compose(enum step_kind kind, const char *text, size_t length, size_t room,
                           char **out, size_t *size, struct error *err)
{
    utf8proc_uint8_t *composed = NULL;
    utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    if (kind == STEP_NFKC)
        options |= UTF8PROC_COMPAT;
    utf8proc_ssize_t got =
        utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length, &composed, options);
    if (got < 0)
        return error_set(err, STATUS_FAILED, "a text cannot be normalised: %s",
                         utf8proc_errmsg(got));
    enum status status = prepend("", (const char *)composed, (size_t)got, room, out, size, err);
    free(composed); /* utf8proc's own */
    return status;
}

static bool starts_with(const char *text, size_t length, const char *start)
{
    size_t size = strlen(start);
    return length >= size && memcmp(text, start, size) == 0;
}

/* At most `room` bytes. */
static enum status change(const struct step *step, const char *text, size_t length, bool first,
                          size_t room, char **out, size_t *size, struct error *err)
{
    bool leave = step->kind == STEP_PREPEND_UNLESS &&
                 ((step->first_only && !first) || starts_with(text, length, step->to));
    switch (step->kind) {
    case STEP_REPLACE:
        return replace(step, text, length, room, out, size, err);
    case STEP_NFC:
    case STEP_NFKC:
        return compose(step->kind, text, length, room, out, size, err);
    default:
        return prepend(leave ? "" : step->to, text, length, room, out, size, err);
    }
}

/* ---- all of them --------------------------------------------------------- */

static enum status run_changed(struct stepping *stepping, size_t at, const char *text,
                               size_t length, bool first, struct error *err)
{
    char *changed = NULL;
    size_t size = 0;
    enum status status = change(&stepping->steps->step[at], text, length, first, stepping->room,
                                &changed, &size, err);
    if (status == STATUS_OK) {
        stepping->room -= size;
        status = steps_run(stepping, at + 1, changed, size, first, err);
        stepping->room += size;
    }
    memory_free(changed);
    return status;
}

enum status steps_run(struct stepping *stepping, size_t at, const char *text, size_t length,
                      bool first, struct error *err)
{
    if (length == 0)
        return STATUS_OK;
    if (at == stepping->steps->count)
        return stepping->word(stepping->arg, text, length, first, err);
    const struct step *step = &stepping->steps->step[at];
    if (at == 0)
        stepping->room = GROWTH * length + GROWTH_MORE;
    if (stepping->deadline <= 0)
        stepping->deadline = clock_seconds() + PATTERN_SECONDS;
    if (step->kind == STEP_SPLIT) {
        struct splitting s = {.stepping = stepping,
                              .at = at + 1,
                              .step = step,
                              .text = text,
                              .length = length,
                              .first = first};
        return split(&s, err);
    }
    return run_changed(stepping, at, text, length, first, err);
}
