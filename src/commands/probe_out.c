/* probe_out.c: what a probe prints for people. */
#include "probe_out.h"

#include <inttypes.h>

enum { SHOWN = 24 };

/* 450 "The", or the id alone; made printable, since it comes out of a file. */
static void print_token(FILE *stream, const struct probe_report *report, uint32_t token)
{
    size_t length = 0;
    char raw[SHOWN], safe[2 * SHOWN];
    const char *bytes =
        report->tokenizer ? tokenizer_bytes(report->tokenizer, token, false, &length) : NULL;
    fprintf(stream, "%" PRIu32, token);
    if (!bytes || length == 0)
        return;
    text_format(raw, sizeof raw, "%.*s", length < SHOWN ? (int)length : SHOWN - 1, bytes);
    text_printable(safe, sizeof safe, raw);
    fprintf(stream, " \"%s\"", safe);
}

static void print_tokens(FILE *stream, const struct probe_report *report)
{
    const struct probe *probe = report->probe;
    char count[TEXT_NUMBER];
    if (probe->of_vocabulary) {
        fprintf(stream, "every token of %s, in the first layer\n",
                text_count(count, probe->vocabulary));
        return;
    }
    fprintf(stream, "%s tokens:", text_count(count, probe->token_count));
    for (size_t i = 0; i < probe->token_count; i++) {
        fputs(i > 0 ? ", " : " ", stream);
        print_token(stream, report, probe->tokens[i]);
    }
    putc('\n', stream);
}

static void print_next(FILE *stream, const struct probe_report *report)
{
    const struct probe *probe = report->probe;
    if (!probe->top)
        return;
    fputs("next, with its logit:", stream);
    for (size_t i = 0; i < PROBE_TOP && i < probe->vocabulary; i++) {
        const struct probe_choice *choice = &probe->top[(probe->token_count - 1) * PROBE_TOP + i];
        fputs(i > 0 ? ", " : " ", stream);
        print_token(stream, report, choice->token);
        fprintf(stream, " %.3f", (double)choice->logit);
    }
    putc('\n', stream);
}

/* The text that follows, raw but for what a terminal would take for orders: line ends stay. */
static void print_generated(FILE *stream, const struct probe_report *report)
{
    const struct probe *probe = report->probe;
    char *text = NULL;
    size_t length;
    if (!report->tokenizer ||
        tokenizer_decode(report->tokenizer, probe->generated, probe->generated_count, &text,
                         &length, NULL) != STATUS_OK) {
        fputs("goes on:", stream);
        for (size_t i = 0; i < probe->generated_count; i++)
            fprintf(stream, "%s%" PRIu32, i > 0 ? "," : " ", probe->generated[i]);
        putc('\n', stream);
        return;
    }
    for (char *line = text; line && line <= text + length;) {
        char safe[4096];
        size_t end = 0;
        while (line[end] && line[end] != '\n' && end < sizeof safe - 1)
            end++;
        bool ends = line[end] == '\n' || line[end] == '\0';
        char kept = line[end];
        line[end] = '\0';
        text_printable(safe, sizeof safe, line);
        line[end] = kept;
        fprintf(stream, "%s%s", safe, ends ? "\n" : "");
        line += end + (ends ? 1 : 0);
    }
    memory_free(text);
}

/* The longest on average: "head 3 pair 12 4.51", or "-" where nothing rotates. */
static void print_longest(FILE *stream, const struct probe_projection *p)
{
    size_t most = 0, count = (size_t)p->heads * p->pairs;
    if (count == 0) {
        fprintf(stream, "  %22s", "-");
        return;
    }
    for (size_t i = 1; i < count; i++)
        most = p->radius_mean[i] > p->radius_mean[most] ? i : most;
    fprintf(stream, "  %5zu %5zu %10.3f", most / p->pairs, most % p->pairs,
            (double)p->radius_mean[most]);
}

static void print_layers(FILE *stream, const struct probe *probe)
{
    fputs("longest vectors before rotation, on average over all positions but the first\n"
          "       query                   key\n"
          "layer   head  pair     length   head  pair     length\n",
          stream);
    for (size_t i = 0; i < probe->layer_count; i++) {
        fprintf(stream, "%5" PRIu32, probe->layers[i].number);
        for (int which = 0; which < PROJECTION_COUNT; which++)
            print_longest(stream, &probe->layers[i].projection[which]);
        putc('\n', stream);
    }
}

/* Of the weights of a head: how much the first position has of all but itself. */
static void print_attention(FILE *stream, const struct probe_layer *layer, size_t count)
{
    const struct probe_attention *a = layer->attention;
    for (uint32_t head = 0; head < a->heads && count > 1; head++) {
        double first = 0, back = 0;
        for (size_t query = 1; query < count; query++) {
            const float *row = a->weights + (head * count + query) * count;
            first += (double)row[0];
            for (size_t key = 0; key <= query; key++)
                back += (double)row[key] * (double)(query - key);
        }
        fprintf(stream,
                "layer %" PRIu32 " head %" PRIu32
                " attends to the first token by %.1f%%, on average %.1f tokens back\n",
                layer->number, head, 100 * first / (double)(count - 1), back / (double)(count - 1));
    }
}

void probe_print_text(FILE *stream, const struct probe_report *report)
{
    const struct probe *probe = report->probe;
    char name[256], seconds[TEXT_NUMBER];
    text_printable(name, sizeof name, report->model->name);
    fprintf(stream, "%s\n", name);
    print_tokens(stream, report);
    print_next(stream, report);
    if (report->generates)
        print_generated(stream, report);
    print_layers(stream, probe);
    for (size_t i = 0; i < probe->layer_count; i++)
        if (probe->layers[i].attention)
            print_attention(stream, &probe->layers[i], probe->token_count);
    for (size_t i = 0; i < probe->notices.count; i++)
        fprintf(stream, "note: %s\n", probe->notices.line[i]);
    text_format(seconds, sizeof seconds, "%.2f s", probe->seconds);
    fprintf(stream, "%s\n", seconds);
}
