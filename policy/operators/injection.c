/* libinjection's answer, and how much work it was: what detectSQLi costs depends on how soon it has seen five tokens that it keeps,
 * which nobody can tell beforehand. The library asks for each fingerprint in the end of each of its up to five passes; there its own
 * counters are read, before the next pass sets them to 0. */
#include <string.h>

#include "libinjection.h"
#include "libinjection_sqli.h"

struct work {
    size_t tokens;
    size_t bytes;
};

static char counted(struct libinjection_sqli_state *state, int type, const char *word, size_t length) {
    if (type == LOOKUP_FINGERPRINT) {
        struct work *work = state->userdata;
        work->tokens += (size_t)state->stats_tokens;
        work->bytes += state->pos;
    }
    return libinjection_sqli_lookup_word(state, type, word, length);
}

/* 1 and the fingerprint where it is an injection, else 0. `work`: what has been done is added to it. */
int sekisho_sqli(const char *value, size_t length, char fingerprint[8], struct work *work) {
    struct libinjection_sqli_state state;

    libinjection_sqli_init(&state, value, length, 0);
    libinjection_sqli_callback(&state, counted, work);
    if (!libinjection_is_sqli(&state)) {
        fingerprint[0] = '\0';
        return 0;
    }
    memcpy(fingerprint, state.fingerprint, sizeof state.fingerprint);
    return 1;
}
