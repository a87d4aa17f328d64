/* builder.c: texts, facts and notes of a model in the making; its arena owns them. */
#include "builder.h"

#include <stdarg.h>

static const char *format_text(struct builder *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = len < 0 ? NULL : arena_alloc(&b->model->arena, (size_t)len + 1);
    if (text)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

const char *builder_text(struct builder *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = format_text(b, format, args);
    va_end(args);
    return text;
}

enum { FACTS_MAX = 24, NOTES_MAX = 8 };

bool builder_fact(struct builder *b, const char *name, enum fact_source source, const char *reason,
                  const char *format, ...)
{
    struct model *model = b->model;
    va_list args;
    if (!model->facts)
        model->facts = arena_alloc(&model->arena, FACTS_MAX * sizeof *model->facts);
    if (!model->facts || model->fact_count == FACTS_MAX)
        return false;
    va_start(args, format);
    struct fact fact = {
        .name = name,
        .value = format_text(b, format, args),
        .source = source,
        .reason = builder_text(b, "%s", reason),
    };
    va_end(args);
    model->facts[model->fact_count++] = fact;
    return fact.value && fact.reason;
}

bool builder_note(struct builder *b, const char *format, ...)
{
    struct model *model = b->model;
    va_list args;
    if (!model->notes)
        model->notes = arena_alloc(&model->arena, NOTES_MAX * sizeof *model->notes);
    if (!model->notes || model->note_count == NOTES_MAX)
        return model->notes != NULL;
    va_start(args, format);
    const char *text = format_text(b, format, args);
    va_end(args);
    model->notes[model->note_count++] = text;
    return text != NULL;
}
