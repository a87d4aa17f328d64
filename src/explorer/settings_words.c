/* settings_words.c: the settings of a view as the flags that set them. */
#include "ropescope/explorer.h"

#include <stdarg.h>
#include <string.h>

const char *arrangement_name(enum arrangement arrangement)
{
    static const char *const names[ARRANGE_COUNT] = {"below", "beside"};
    return names[arrangement];
}

bool zoom_whole(const struct zoom *zoom)
{
    return !(zoom->x_low < zoom->x_high) || !(zoom->y_low < zoom->y_high);
}

static const char *const axes[PAIR_AXES] = {"pair", "frequency", "wavelength"};

const char *pair_axis_name(enum pair_axis axis)
{
    return axes[axis];
}

bool pair_axis_from_name(const char *name, enum pair_axis *out)
{
    for (int i = 0; i < PAIR_AXES; i++)
        if (strcmp(axes[i], name) == 0) {
            *out = (enum pair_axis)i;
            return true;
        }
    return false;
}

/* ---- writing ------------------------------------------------------------- */

struct words {
    char *out;
    size_t size, used;
    bool fits;
};

static void add(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct words *words, const char *format, ...)
{
    char text[128];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    words->fits = words->fits && text_format(words->out + words->used, words->size - words->used,
                                             "%s%s", words->used > 0 ? " " : "", text);
    words->used += strlen(words->out + words->used);
}

/* Lines of the rule are told by the file that holds them; a threshold beside it says more than what
 * it says of all heads. */
static void add_lines(struct words *words, const struct view_settings *settings)
{
    char file[4 * PATH_BYTES];
    words->fits = words->fits && settings->lines_file &&
                  text_shell_word(file, sizeof file, settings->lines_file) &&
                  text_format(words->out + words->used, words->size - words->used,
                              "%s--thresholds %s", words->used > 0 ? " " : "", file);
    words->used += strlen(words->out + words->used);
}

static void add_rule(struct words *words, const struct view_settings *settings)
{
    char number[TEXT_NUMBER];
    const struct rule usual = RULE_DEFAULT, *rule = &settings->rule;
    bool lines = settings->lines && settings->lines->line_count > 0;
    if (lines)
        add_lines(words, settings);
    if (lines || rule->threshold != usual.threshold)
        add(words, "--threshold %s", text_float(number, rule->threshold));
    if (rule->first_layer != usual.first_layer)
        add(words, "--first-layer %u", rule->first_layer);
    for (int p = 0; p < PROJECTION_COUNT; p++)
        if (rule->projection[p] && !rule->projection[!p])
            add(words, "--projection %s", projection_name(p));
}

static void add_layers(struct words *words, const struct view_settings *settings,
                       const struct model *model)
{
    char list[96] = "";
    for (size_t i = 0; i < settings->strip_count; i++) {
        size_t used = strlen(list);
        text_format(list + used, sizeof list - used, "%s%u", i ? "," : "",
                    model->layers[settings->strip[i]].number);
    }
    add(words, "--layers %s", list);
}

static void add_random(struct words *words, const struct awm *awm)
{
    add(words, "--random");
    if (awm->seed != RANDOM_SEED)
        add(words, "--seed %u", awm->seed);
}

/* --layer alone means the layer, --layer with --head the head: --scope says what they do not. */
static void add_scope(struct words *words, const struct view_settings *settings,
                      const struct model *model)
{
    const struct selection *at = &settings->selection;
    if (settings->one_head)
        add(words, "--head %u", at->head);
    if (at->scope == SCOPE_MODEL || at->layer >= model->layer_count)
        return;
    add(words, "--layer %u", model->layers[at->layer].number);
    if (at->scope == SCOPE_HEAD)
        add(words, "--head %u", at->head);
}

static void add_bars(struct words *words, const struct view_settings *settings)
{
    if (settings->bins > 0 && settings->bins != SETTINGS_BINS)
        add(words, "--bins %u", settings->bins);
    if (settings->log)
        add(words, "--log");
    if (settings->arrange != ARRANGE_BELOW)
        add(words, "--arrange %s", arrangement_name(settings->arrange));
}

static void add_zoom(struct words *words, const struct zoom *zoom)
{
    char a[TEXT_NUMBER], b[TEXT_NUMBER], c[TEXT_NUMBER], d[TEXT_NUMBER];
    if (!zoom_whole(zoom))
        add(words, "--zoom=%s:%s:%s:%s", text_double(a, zoom->x_low), text_double(b, zoom->x_high),
            text_double(c, zoom->y_low), text_double(d, zoom->y_high));
}

bool settings_flags(const struct view_settings *settings, enum view_id view,
                    const struct model *model, char *out, size_t size)
{
    struct words words = {out, size, 0, true};
    unsigned heeds = view_kind(view)->heeds;
    out[0] = '\0';
    if (heeds & HEEDS_SCOPE)
        add_scope(&words, settings, model);
    add_rule(&words, settings);
    if (heeds & HEEDS_RANDOM && settings->lines && settings->lines->random)
        add_random(&words, settings->lines);
    if (heeds & HEEDS_MEASURE && settings->measure != MEASURE_MEAN)
        add(&words, "--measure %s", measure_name(settings->measure));
    if (heeds & HEEDS_UNIT && settings->unit != QUANTITY_COS)
        add(&words, "--unit %s", quantity_word(settings->unit));
    if (heeds & HEEDS_BARS)
        add_bars(&words, settings);
    if (heeds & HEEDS_ZOOM && settings->against_tuned)
        add(&words, "--against tuned");
    if (heeds & HEEDS_ZOOM)
        add_zoom(&words, &settings->zoom);
    if (heeds & HEEDS_AXIS && settings->linear)
        add(&words, "--linear");
    if (heeds & HEEDS_AXIS && settings->each_layer)
        add(&words, "--each-layer");
    if (heeds & HEEDS_LINE && settings->line != PROFILE_MEAN)
        add(&words, "--line %s", profile_line_name(settings->line));
    if (heeds & HEEDS_LINE && settings->relative)
        add(&words, "--relative");
    if (heeds & HEEDS_SPECTRUM && settings->norms)
        add(&words, "--norms");
    if (heeds & HEEDS_SPECTRUM && settings->axis != PAIR_AXIS_INDEX)
        add(&words, "--axis %s", pair_axis_name(settings->axis));
    if (heeds & HEEDS_SHADE && settings->shade != SHADE_NORM)
        add(&words, "--shade %s", pair_shade_name(settings->shade));
    if (heeds & HEEDS_ATTENTION && settings->attention != ATTENTION_WEIGHTS)
        add(&words, "--attention %s", attention_show_name(settings->attention));
    if (heeds & HEEDS_LAYERS && settings->strip_count > 0)
        add_layers(&words, settings, model);
    if (heeds & HEEDS_BY && settings->by != CHANGE_BY_PAIR)
        add(&words, "--by %s", change_by_name(settings->by));
    if (heeds & HEEDS_SORT && settings->sort.column)
        add(&words, "--sort %s%s", settings->sort.column, settings->sort.descending ? ":desc" : "");
    return words.fits;
}
