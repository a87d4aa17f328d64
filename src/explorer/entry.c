/* entry.c: a line of text that is being typed, character by character, in UTF-8. */
#include "explorer/entry.h"

#include <string.h>

void entry_type(struct entry *entry, uint32_t key)
{
    char utf8[4];
    if (key < ' ' || key == 127 || key >= KEYCODE_UP)
        return;
    size_t bytes = text_encode(key, utf8);
    if (entry->length + bytes >= sizeof entry->text)
        return;
    memcpy(entry->text + entry->length, utf8, bytes);
    entry->length += bytes;
    entry->text[entry->length] = '\0';
}

void entry_erase(struct entry *entry)
{
    while (entry->length > 0) {
        unsigned char last = (unsigned char)entry->text[--entry->length];
        entry->text[entry->length] = '\0';
        if ((last & 0xC0) != 0x80)
            return; /* the first byte of the character is gone */
    }
}
