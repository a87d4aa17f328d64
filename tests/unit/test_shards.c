/* Sharded checkpoints: an index may be broken in many ways, and large ones must stay quick. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "file_bytes.h"
#include "ropescope/angles.h"
#include "scratch.h"

#define INDEX "model.safetensors.index.json"
#define ENTRY(name, begin, end)                                                                    \
    "\"" name "\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[" #begin "," #end "]}"

/* ---- the index ----------------------------------------------------------- */

static int write_shards(void **state)
{
    int made = scratch_make(state);
    scratch_tensors("one.safetensors", "{" ENTRY("a", 0, 1) "}", 1);
    scratch_tensors("two.safetensors", "{" ENTRY("b", 0, 1) "}", 1);
    scratch_tensors("again.safetensors", "{" ENTRY("a", 0, 1) "}", 1);
    return made;
}

static void refuse(const char *index, const char *why)
{
    struct opened opened;
    struct error err;
    scratch_text(INDEX, index);
    if (open_checkpoint(&opened, "", &err) == STATUS_OK) {
        close_opened(&opened);
        fail_msg("opened: %s", index);
    }
    assert_says(err.what, why);
    assert_says(err.what, scratch);
}

static void good_index_opens(void **state)
{
    (void)state;
    struct opened opened;
    struct error err;
    scratch_text(INDEX,
                 "{\"metadata\":{\"total_size\":2},\"weight_map\":{\"a\":\"one.safetensors\","
                 "\"b\":\"two.safetensors\",\"c\":\"one.safetensors\"}}\n");
    if (open_checkpoint(&opened, "", &err) != STATUS_OK)
        fail_msg("%s", err.what);
    assert_int_equal(opened.source->file_count, 2);
    assert_string_equal(opened.source->files[1].name, "two.safetensors");
    assert_int_equal(checkpoint_find(opened.checkpoint, "b")->file, 1);
    close_opened(&opened);
}

static void bad_indexes_are_refused(void **state)
{
    (void)state;
    refuse("", INDEX ": no valid JSON object");
    refuse("{", INDEX ": no valid JSON object");
    refuse("[]", INDEX ": no valid JSON object");
    refuse("{\"metadata\":{}}", INDEX ": it has no weight_map");
    refuse("{\"weight_map\":{}}", INDEX ": it has no weight_map");
    refuse("{\"weight_map\":[\"one.safetensors\"]}", "weight_map is no JSON object");
    refuse("{\"weight_map\":\"one.safetensors\"}", "weight_map is no JSON object");
    refuse("{\"weight_map\":null}", "weight_map is no JSON object");
    refuse("{\"weight_map\":{\"a\":1}}", "no file name");
    refuse("{\"weight_map\":{\"a\":null}}", "no file name");
    refuse("{\"weight_map\":{\"a\":{\"b\":\"one.safetensors\"}}}", "no file name");
    refuse("{\"weight_map\":{\"a\":\"one.safetensors\"}} x", "follows the closing brace");
    refuse("{\"metadata\":oops,\"weight_map\":{\"a\":\"one.safetensors\"}}", "no valid JSON");
    refuse("{\"weight_map\":{\"a\":\"one.safetensors\"\"b\"}}", "no JSON string");
    refuse("{\"weight_map\":{\"a\":\"one\\u0000.safetensors\"}}", "U+0000");
    refuse("{\"weight_map\":{\"a\":\"one\xFF.safetensors\"}}", "UTF-8");
}

static void shards_are_plain_names(void **state)
{
    (void)state;
    static const char *const names[] = {
        "/etc/passwd",         "../one.safetensors",      "..", ".", "",
        "sub/one.safetensors", "\\u002e\\u002e\\u002fone"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char index[200];
        text_format(index, sizeof index,
                    "{\"weight_map\":{\"a\":\"%s\",\"b\":\"one.safetensors\"}}", names[i]);
        refuse(index, "no plain file name");
    }
}

static void missing_shard_is_named(void **state)
{
    (void)state;
    struct opened opened;
    struct error err;
    refuse("{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"three.safetensors\"}}",
           "three.safetensors: No such file");
    assert_int_equal(open_checkpoint(&opened, "", &err), STATUS_FAILED);
    assert_says(err.help, "download the missing shard");
    refuse("{\"weight_map\":{\"a\":\"" INDEX "\"}}", "not a file that ropescope reads");
}

static void tensor_in_two_shards_is_refused(void **state)
{
    (void)state;
    refuse("{\"weight_map\":{\"a\":\"again.safetensors\",\"b\":\"one.safetensors\"}}",
           "one.safetensors: tensor a: again.safetensors holds one of that name, too");
}

static void several_files_without_index_are_counted(void **state)
{
    (void)state;
    struct opened opened;
    struct error err;
    remove(scratch_path(INDEX));
    assert_int_equal(open_checkpoint(&opened, "", &err), STATUS_FAILED);
    assert_says(err.what, "3 .safetensors files, and no " INDEX);
}

static void every_truncation_of_an_index_is_refused(void **state)
{
    (void)state;
    static const char whole[] = "{\"metadata\":{\"x\":[1,\"}\"]},\"weight_map\":"
                                "{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\"}}";
    char part[sizeof whole];
    for (size_t cut = 0; cut + 1 < sizeof whole; cut++) {
        memcpy(part, whole, cut);
        part[cut] = '\0';
        refuse(part, "no valid JSON");
    }
}

/* ---- scale --------------------------------------------------------------- */

/* A header of `count` tensors called as large models call theirs. */
static void write_many(const char *name, size_t count)
{
    enum { ENTRY_BYTES = 160 };
    char *header = calloc(count + 1, ENTRY_BYTES), *at = header;
    assert_non_null(header);
    for (size_t i = 0; i < count; i++)
        at +=
            snprintf(at, ENTRY_BYTES,
                     "%c\"model.layers.%zu.mlp.experts.%zu.down_proj.weight\":{\"dtype\":\"BF16\","
                     "\"shape\":[1,2],\"data_offsets\":[%zu,%zu]}",
                     i ? ',' : '{', i / 128, i % 128, 4 * i, 4 * i + 4);
    strcpy(at, "}");
    scratch_tensors(name, header, 4 * count);
    free(header);
}

static size_t resident_bytes(void)
{
    unsigned long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &pages, &resident), 2);
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* The quickest of three openings, of the processor's time: what else the machine does is not in it.
 */
static double seconds_to_open(const char *name, size_t count)
{
    double best = 1e9;
    for (int i = 0; i < 3; i++) {
        struct opened opened;
        struct error err;
        double start = processor_seconds();
        assert_int_equal(open_checkpoint(&opened, name, &err), STATUS_OK);
        double took = processor_seconds() - start;
        assert_int_equal(checkpoint_tensor_count(opened.checkpoint), count);
        close_opened(&opened);
        best = took < best ? took : best;
    }
    return best;
}

/* Ten times the tensors take some ten times as long; what is quadratic takes a hundred times. A
 * sanitizer's allocator is slower with much memory. */
#ifdef __SANITIZE_ADDRESS__
static const double RATIO_MAX = 60;
#else
static const double RATIO_MAX = 30;
#endif

static void opening_takes_time_in_proportion(void **state)
{
    (void)state;
    write_many("few.safetensors", 10000);
    write_many("many.safetensors", 100000);
    double few = seconds_to_open("few.safetensors", 10000);
    double many = seconds_to_open("many.safetensors", 100000);
    print_message("10,000 tensors open in %.4f s, 100,000 in %.4f s\n", few, many);
    assert_true(many < RATIO_MAX * few);
}

static void many_tensors_take_little_memory(void **state)
{
    (void)state;
    struct opened opened;
    struct error err;
    write_many("many.safetensors", 100000);
    size_t before = resident_bytes();
    assert_int_equal(open_checkpoint(&opened, "many.safetensors", &err), STATUS_OK);
    size_t after = resident_bytes();
    size_t grown = after > before ? after - before : 0;
    print_message("100,000 tensors take %.1f MB\n", (double)grown / 1e6);
#ifndef __SANITIZE_ADDRESS__ /* which keeps memory for itself */
    assert_true(grown < 64000000);
#endif
    close_opened(&opened);
}

static double seconds_to_find(const char *name, size_t count)
{
    struct opened opened;
    struct error err;
    assert_int_equal(open_checkpoint(&opened, name, &err), STATUS_OK);
    double start = processor_seconds();
    for (size_t i = 0; i < 1000000; i++) {
        char wanted[80];
        size_t one = i * 7919 % (2 * count); /* half of them are not there */
        text_format(wanted, sizeof wanted, "model.layers.%zu.mlp.experts.%zu.down_proj.weight",
                    one / 128, one % 128);
        const struct tensor *found = checkpoint_find(opened.checkpoint, wanted);
        assert_true((found != NULL) == (one < count));
    }
    double took = processor_seconds() - start;
    close_opened(&opened);
    return took;
}

static void finding_takes_the_same_time_among_many(void **state)
{
    (void)state;
    write_many("few.safetensors", 10000);
    write_many("many.safetensors", 100000);
    double few = seconds_to_find("few.safetensors", 10000);
    double many = seconds_to_find("many.safetensors", 100000);
    print_message("a million look-ups among 10,000: %.3f s, among 100,000: %.3f s\n", few, many);
    assert_true(many < 10 * few);
}

static void index_of_a_hundred_thousand_opens(void **state)
{
    (void)state;
    enum { COUNT = 100000, LINE = 80 };
    char *index = calloc(COUNT + 1, LINE), *at = index;
    struct opened opened;
    struct error err;
    assert_non_null(index);
    at += sprintf(at, "{\"weight_map\":");
    for (size_t i = 0; i < COUNT; i++) /* two shards by turns: the worst order */
        at += sprintf(at, "%c\"model.layers.%zu.weight\":\"%s.safetensors\"", i ? ',' : '{', i,
                      i % 2 ? "one" : "two");
    strcpy(at, "}}");
    scratch_text(INDEX, index);
    free(index);
    double start = clock_seconds();
    assert_int_equal(open_checkpoint(&opened, "", &err), STATUS_OK);
    print_message("an index of 100,000 tensors: %.3f s\n", clock_seconds() - start);
    assert_int_equal(opened.source->file_count, 2);
    close_opened(&opened);
}

/* ---- more shards than a process may have files open ----------------------- */

enum { LAYERS = 300, SHARDS = 2 * LAYERS, OPEN_FILES = 256, ROW = 8, ROWS = 4 };

/* A query or a key of one layer in each, in F32. */
static void write_shard(size_t i, char *index, size_t room)
{
    char name[64], header[256];
    const size_t bytes = sizeof(float) * ROWS * ROW;
    text_format(name, sizeof name, "many/shard-%03zu.safetensors", i);
    text_format(
        header, sizeof header,
        "{\"model.layers.%zu.self_attn.%c_proj.weight\":{\"dtype\":\"F32\",\"shape\":[%d,%d],"
        "\"data_offsets\":[0,%zu]}}",
        i / 2, "qk"[i % 2], ROWS, ROW, bytes);
    scratch_tensors(name, header, bytes);
    float numbers[ROWS * ROW];
    for (size_t k = 0; k < ROWS * ROW; k++)
        numbers[k] = (float)((k * 7 + i) % 11) - 5;
    char path[PATH_BYTES];
    text_format(path, sizeof path, "%s", scratch_path(name));
    file_patch(path, 8 + strlen(header), numbers, sizeof numbers);
    text_format(index, room, "%s\"model.layers.%zu.self_attn.%c_proj.weight\":\"%s\"", i ? "," : "",
                i / 2, "qk"[i % 2], path_name(name));
}

static void write_shards_of_layers(void)
{
    static char index[SHARDS * 100];
    size_t used;
    assert_true(path_make_directories(scratch_path("many")));
    text_format(index, sizeof index, "{\"weight_map\":{");
    for (size_t i = 0; i < SHARDS; i++) {
        used = strlen(index);
        write_shard(i, index + used, sizeof index - used);
    }
    used = strlen(index);
    text_format(index + used, sizeof index - used, "}}");
    scratch_text("many/" INDEX, index);
    scratch_text("many/config.json",
                 "{\"model_type\":\"llama\",\"num_hidden_layers\":300,\"num_attention_heads\":1,"
                 "\"num_key_value_heads\":1,\"hidden_size\":8,\"head_dim\":4}");
}

static void check_scan(const char *path)
{
    const struct session_options options = {.no_cache = true};
    struct session *session;
    struct error err = {0};
    if (session_open(path, &options, &session, &err) != STATUS_OK ||
        session_wait(session, NULL, NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    assert_true(angles_complete(session_angles(session)));
    session_close(session);
}

/* Copied out of the last shard, and only as long as it is the same file. */
static void check_copies(void)
{
    struct opened opened;
    struct error err;
    const char *last = "model.layers.299.self_attn.k_proj.weight";
    float copied[ROWS * ROW];
    assert_int_equal(open_checkpoint(&opened, "many", &err), STATUS_OK);
    const struct tensor *tensor = checkpoint_find(opened.checkpoint, last);
    const struct mapping *mapping = checkpoint_mapping(opened.checkpoint, tensor);
    mapping_bring(mapping, tensor->offset, sizeof copied);
    mapping_bring(mapping, tensor->offset + 1000000, sizeof copied);
    assert_true(mapping_read(mapping, tensor->offset, sizeof copied, copied));
    assert_memory_equal(copied, checkpoint_data(opened.checkpoint, tensor), sizeof copied);
    assert_false(mapping_read(mapping, tensor->offset + 1, sizeof copied, copied));
    char shard[PATH_BYTES];
    text_format(shard, sizeof shard, "%s", scratch_path("many/shard-599.safetensors"));
    assert_int_equal(rename(scratch_path("many/shard-598.safetensors"), shard), 0);
    assert_false(mapping_read(mapping, tensor->offset, sizeof copied, copied));
    close_opened(&opened);
}

static void more_shards_than_files_may_be_open(void **state)
{
    (void)state;
    struct rlimit before, few;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = (struct rlimit){OPEN_FILES, before.rlim_max};
    write_shards_of_layers();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    check_scan(scratch_path("many"));
    check_copies();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_index_opens),
        cmocka_unit_test(bad_indexes_are_refused),
        cmocka_unit_test(shards_are_plain_names),
        cmocka_unit_test(missing_shard_is_named),
        cmocka_unit_test(tensor_in_two_shards_is_refused),
        cmocka_unit_test(several_files_without_index_are_counted),
        cmocka_unit_test(every_truncation_of_an_index_is_refused),
        cmocka_unit_test(many_tensors_take_little_memory), /* before others fill the heap */
        cmocka_unit_test(opening_takes_time_in_proportion),
        cmocka_unit_test(finding_takes_the_same_time_among_many),
        cmocka_unit_test(index_of_a_hundred_thousand_opens),
        cmocka_unit_test(more_shards_than_files_may_be_open),
    };
    return cmocka_run_group_tests_name("shards", tests, write_shards, scratch_remove);
}
