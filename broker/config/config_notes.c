/*
 * The notes of a load: one sentence each, opened by the file and line or the option it is about.
 */
#include "broker/config/config_load.h"

#include <stdio.h>

#include "base/mem.h"
#include "broker/config/config_value.h"

/* Longer sentences are cut; only values from the input can be long. */
#define CONFIG_NOTE_MAX (2 * CONFIG_MESSAGE_MAX)

static void config_notes_add(struct config_notes *notes, const struct config_note *note)
{
    notes->items = mem_grow(notes->items, notes->count, &notes->capacity, sizeof *notes->items);
    notes->items[notes->count++] = *note;
    notes->refusals += note->refused;
}

/* "server.properties:17: ", "--set: ", or nothing. Returns its length. */
static size_t config_place(const struct config_loading *loading, const struct config_value *where,
                           char *text, size_t size)
{
    int len = 0;
    text[0] = '\0';
    if (where != NULL && where->line > 0)
        len = snprintf(text, size, "%s:%u: ", loading->file, where->line);
    else if (where != NULL && where->flag != NULL)
        len = snprintf(text, size, "%s: ", where->flag);
    return (size_t)len < size ? (size_t)len : size - 1;
}

__attribute__((format(printf, 4, 0))) static void
config_note_list(struct config_loading *loading, const struct config_value *where,
                 struct config_note note, const char *format, va_list arguments)
{
    char text[CONFIG_NOTE_MAX];
    size_t len = config_place(loading, where, text, sizeof text);
    vsnprintf(text + len, sizeof text - len, format, arguments);
    note.text = mem_copy_string(text);
    config_notes_add(loading->notes, &note);
}

void config_note(struct config_loading *loading, const struct config_value *where,
                 enum config_verdict verdict, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    config_note_list(loading, where, (struct config_note){.verdict = verdict}, format, arguments);
    va_end(arguments);
}

void config_refuse_start(struct config_loading *loading, const struct config_value *where,
                         enum config_verdict verdict, const char *format, ...)
{
    struct config_note note = {.verdict = verdict, .refused = true};
    va_list arguments;
    va_start(arguments, format);
    config_note_list(loading, where, note, format, arguments);
    va_end(arguments);
}

__attribute__((format(printf, 4, 0))) static void config_note_key(struct config_loading *loading,
                                                                  const char *key, bool refused,
                                                                  const char *format,
                                                                  va_list arguments)
{
    struct config_note note = {.verdict = CONFIG_CONTRADICTORY, .refused = refused};
    const struct config_value *value = config_value_of(loading, key);
    loading->noted[value - loading->config->values] = true;
    config_note_list(loading, value, note, format, arguments);
}

void config_warn_key(struct config_loading *loading, const char *key, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    config_note_key(loading, key, false, format, arguments);
    va_end(arguments);
}

void config_refuse_key(struct config_loading *loading, const char *key, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    config_note_key(loading, key, true, format, arguments);
    va_end(arguments);
}

void config_notes_fini(struct config_notes *notes)
{
    for (uint32_t i = 0; i < notes->count; i++)
        mem_free(notes->items[i].text);
    mem_free(notes->items);
    *notes = (struct config_notes){0};
}
