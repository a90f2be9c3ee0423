#include "base/uuid.h"

#include <string.h>

#include "base/hash.h"

static void set_version(uuid *id, uint8_t version) {
    id->b[6] = (uint8_t) ((id->b[6] & 0x0f) | version << 4);
    id->b[8] = (uint8_t) ((id->b[8] & 0x3f) | 0x80);
}

uuid uuid_v7(int64_t now_ms) {
    uuid id;
    random_bytes(id.b, sizeof(id.b));
    for (int i = 0; i < 6; i++)
        id.b[i] = (uint8_t) (now_ms >> (40 - 8 * i));
    set_version(&id, 7);
    return id;
}

uuid uuid_derive(uuid parent, const char *name) {
    uint8_t digest[SHA256_SIZE];
    sha256_stream s;
    sha256_init(&s);
    sha256_update(&s, parent.b, sizeof(parent.b));
    sha256_update(&s, name, strlen(name));
    sha256_final(&s, digest);
    uuid id;
    memcpy(id.b, digest, sizeof(id.b));
    set_version(&id, 8);
    return id;
}

bool uuid_parse(const char *text, uuid *ret_id) {
    char digits[2 * UUID_SIZE + 1];
    size_t n = 0;
    if (strlen(text) != UUID_TEXT_SIZE - 1)
        return false;
    for (size_t i = 0; text[i]; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash != (text[i] == '-'))
            return false;
        if (!is_dash)
            digits[n++] = text[i];
    }
    digits[n] = '\0';
    return hex_parse(digits, ret_id->b, UUID_SIZE);
}

char *uuid_text(arena *mem, uuid id) {
    const char *h = hex(mem, id.b, UUID_SIZE);
    return arena_printf(mem, "%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12, h + 16, h + 20);
}

bool uuid_is_v7(uuid id) {
    return id.b[6] >> 4 == 7 && id.b[8] >> 6 == 2;
}

int64_t uuid_ms(uuid id) {
    int64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | id.b[i];
    return ms;
}
