/* The codecs: round trips, limits, damage, and what other writers of the formats send. */
#include "protocol/compress.h"

#include <criterion/criterion.h>
#include <lz4frame.h>
#include <snappy-c.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/util.h"

static struct compressor *compressor;

static void setup(void)
{
    compressor = compressor_new();
}

static void teardown(void)
{
    compressor_free(compressor);
}

TestSuite(compress, .init = setup, .fini = teardown);

/* Words that repeat, or bytes that do not. The memory is exactly `len` bytes. */
static uint8_t *text_of(size_t len)
{
    static const char words[] = "the quick brown fox jumps over the lazy dog and ";
    uint8_t *text = malloc(MAX(len, (size_t)1));
    for (size_t i = 0; i < len; i++)
        text[i] = (uint8_t)(words[i % (sizeof words - 1)] + (i % 1021 == 0));
    return text;
}

static uint8_t *noise_of(size_t len)
{
    uint8_t *noise = malloc(MAX(len, (size_t)1));
    uint64_t state = 88172645463325252;
    for (size_t i = 0; i < len; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise[i] = (uint8_t)(state >> 32);
    }
    return noise;
}

static void round_trip(enum compression compression, int level, struct bytes in)
{
    size_t capacity = compress_bound(compression, in.len);
    uint8_t *packed = malloc(MAX(capacity, (size_t)1));
    int64_t size = compress_bytes(compressor, compression, level, in, packed, capacity);
    cr_assert(size >= 0 && (uint64_t)size <= capacity, "%s of %zu: %ld",
              compression_name(compression), in.len, (long)size);
    uint8_t *exact = malloc(MAX((size_t)size, (size_t)1));
    uint8_t *plain = malloc(MAX(in.len, (size_t)1));
    memcpy(exact, packed, (size_t)size);
    struct bytes from = {exact, (size_t)size};
    int64_t len = decompress_bytes(compressor, compression, from, plain, in.len);
    cr_assert_eq(len, (int64_t)in.len, "%s of %zu, level %d: %ld", compression_name(compression),
                 in.len, level, (long)len);
    cr_assert(in.len == 0 || memcmp(plain, in.data, in.len) == 0);
    if (in.len > 0) {
        cr_assert_eq(decompress_bytes(compressor, compression, from, plain, in.len - 1),
                     ERR_TOO_LARGE);
        cr_assert_eq(compress_bytes(compressor, compression, level, in, packed, (size_t)size - 1),
                     ERR_SHORT);
    }
    free(packed);
    free(exact);
    free(plain);
}

Test(compress, round_trips_every_size_at_both_limits)
{
    const size_t sizes[] = {0, 1, 2, 13, 1000, 32767, 32768, 32769, 65535, 65536, 65537, 300000};
    for (int codec = 0; codec < COMPRESSION_COUNT; codec++) {
        for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
            uint8_t *text = text_of(sizes[i]);
            uint8_t *noise = noise_of(sizes[i]);
            int level = compress_level_default((enum compression)codec);
            round_trip((enum compression)codec, level, (struct bytes){text, sizes[i]});
            round_trip((enum compression)codec, level, (struct bytes){noise, sizes[i]});
            free(text);
            free(noise);
        }
    }
}

Test(compress, takes_every_level_and_cuts_those_outside_the_range)
{
    const int levels[] = {-200000, -5, 0, 1, 3, 9, 12, 17, 22, 1000};
    uint8_t *text = text_of(70000);
    for (int codec = 0; codec < COMPRESSION_COUNT; codec++)
        for (size_t i = 0; i < ARRAY_LENGTH(levels); i++)
            round_trip((enum compression)codec, levels[i], (struct bytes){text, 70000});
    free(text);
}

Test(compress, text_becomes_smaller)
{
    uint8_t *text = text_of(100000);
    uint8_t out[50000];
    for (int codec = COMPRESSION_GZIP; codec < COMPRESSION_COUNT; codec++) {
        enum compression c = (enum compression)codec;
        int64_t size = compress_bytes(compressor, c, compress_level_default(c),
                                      (struct bytes){text, 100000}, out, sizeof out);
        cr_assert(size > 0, "%s: %ld", compression_name(c), (long)size);
    }
    free(text);
}

Test(compress, steady_use_allocates_nothing)
{
    uint8_t *text = text_of(50000);
    uint8_t packed[60000], plain[50000];
    uint64_t before = 0;
    for (int round = 0; round < 50; round++) {
        if (round == 1)
            before = mem_allocations();
        for (int codec = 0; codec < COMPRESSION_COUNT; codec++) {
            enum compression c = (enum compression)codec;
            int64_t size = compress_bytes(compressor, c, compress_level_default(c),
                                          (struct bytes){text, 50000}, packed, sizeof packed);
            cr_assert_gt(size, 0);
            cr_assert_eq(decompress_bytes(compressor, c, (struct bytes){packed, (size_t)size},
                                          plain, sizeof plain),
                         50000);
        }
    }
    cr_assert_eq(mem_allocations(), before);
    free(text);
}

Test(compress, a_cut_stream_is_malformed_and_the_context_recovers)
{
    uint8_t *text = text_of(5000);
    uint8_t packed[8000], plain[5000];
    for (int codec = COMPRESSION_GZIP; codec < COMPRESSION_COUNT; codec++) {
        enum compression c = (enum compression)codec;
        int64_t size = compress_bytes(compressor, c, compress_level_default(c),
                                      (struct bytes){text, 5000}, packed, sizeof packed);
        for (int64_t cut = 0; cut < size; cut++) {
            /* A snappy header alone is an empty stream, and less of it is taken for raw snappy. */
            if (c == COMPRESSION_SNAPPY && cut <= 16)
                continue;
            uint8_t *exact = malloc((size_t)MAX(cut, 1));
            memcpy(exact, packed, (size_t)cut);
            struct bytes in = {exact, (size_t)cut};
            cr_assert_eq(decompress_bytes(compressor, c, in, plain, sizeof plain), ERR_MALFORMED,
                         "%s cut at %ld", compression_name(c), (long)cut);
            free(exact);
        }
        round_trip(c, compress_level_default(c), (struct bytes){text, 5000});
    }
    free(text);
}

Test(compress, damaged_bytes_never_read_or_write_outside)
{
    uint8_t *text = text_of(2000);
    uint8_t packed[4000];
    for (int codec = COMPRESSION_GZIP; codec < COMPRESSION_COUNT; codec++) {
        enum compression c = (enum compression)codec;
        int64_t size = compress_bytes(compressor, c, compress_level_default(c),
                                      (struct bytes){text, 2000}, packed, sizeof packed);
        uint8_t *exact = malloc((size_t)size);
        uint8_t *plain = malloc(2000);
        for (int64_t bit = 0; bit < 8 * size; bit++) {
            memcpy(exact, packed, (size_t)size);
            exact[bit / 8] ^= (uint8_t)(1 << bit % 8);
            int64_t len =
                decompress_bytes(compressor, c, (struct bytes){exact, (size_t)size}, plain, 2000);
            cr_assert(len <= 2000);
        }
        free(exact);
        free(plain);
    }
    free(text);
}

Test(compress, a_bomb_ends_at_the_capacity)
{
    size_t size = 64 * MIB;
    uint8_t *zeros = calloc(1, size);
    uint8_t *packed = malloc(compress_bound(COMPRESSION_SNAPPY, size));
    uint8_t plain[4096];
    for (int codec = COMPRESSION_GZIP; codec < COMPRESSION_COUNT; codec++) {
        int64_t len =
            compress_bytes(compressor, (enum compression)codec, 1, (struct bytes){zeros, size},
                           packed, compress_bound(COMPRESSION_SNAPPY, size));
        cr_assert_gt(len, 0);
        cr_assert_eq(decompress_bytes(compressor, (enum compression)codec,
                                      (struct bytes){packed, (size_t)len}, plain, sizeof plain),
                     ERR_TOO_LARGE);
    }
    free(zeros);
    free(packed);
}

Test(compress, reads_raw_snappy_as_other_clients_send_it)
{
    uint8_t *text = text_of(40000);
    char packed[60000];
    uint8_t plain[40000];
    size_t size = sizeof packed;
    cr_assert_eq(snappy_compress((const char *)text, 40000, packed, &size), SNAPPY_OK);
    struct bytes in = {(const uint8_t *)packed, size};
    cr_assert_eq(decompress_bytes(compressor, COMPRESSION_SNAPPY, in, plain, sizeof plain), 40000);
    cr_assert_arr_eq(plain, text, 40000);
    free(text);
}

Test(compress, reads_joined_streams_of_gzip_and_snappy)
{
    const enum compression codecs[] = {COMPRESSION_GZIP, COMPRESSION_SNAPPY, COMPRESSION_ZSTD};
    for (size_t i = 0; i < ARRAY_LENGTH(codecs); i++) {
        uint8_t packed[512], plain[8];
        int64_t first =
            compress_bytes(compressor, codecs[i], 1, BYTES_LITERAL("left"), packed, sizeof packed);
        int64_t second = compress_bytes(compressor, codecs[i], 1, BYTES_LITERAL("half"),
                                        packed + first, sizeof packed - (size_t)first);
        struct bytes in = {packed, (size_t)(first + second)};
        cr_assert_eq(decompress_bytes(compressor, codecs[i], in, plain, sizeof plain), 8);
        cr_assert_arr_eq(plain, "lefthalf", 8);
    }
}

Test(compress, gzip_ignores_what_is_no_member)
{
    uint8_t packed[128], plain[16];
    int64_t size = compress_bytes(compressor, COMPRESSION_GZIP, 1, BYTES_LITERAL("text"), packed,
                                  sizeof packed);
    packed[size] = 0x1f;
    packed[size + 1] = 0;
    struct bytes in = {packed, (size_t)size + 2};
    cr_assert_eq(decompress_bytes(compressor, COMPRESSION_GZIP, in, plain, sizeof plain), 4);
}

static void read_frame_of_library(const LZ4F_preferences_t *preferences)
{
    size_t len = 500000;
    uint8_t *text = text_of(len);
    size_t bound = LZ4F_compressFrameBound(len, preferences);
    uint8_t *packed = malloc(bound);
    uint8_t *plain = malloc(len);
    size_t size = LZ4F_compressFrame(packed, bound, text, len, preferences);
    cr_assert_not(LZ4F_isError(size));
    struct bytes in = {packed, size};
    cr_assert_eq(decompress_bytes(compressor, COMPRESSION_LZ4, in, plain, len), (int64_t)len);
    cr_assert_eq(memcmp(plain, text, len), 0);
    packed[size - 1] ^= 1;
    if (preferences->frameInfo.contentChecksumFlag != 0)
        cr_assert_eq(decompress_bytes(compressor, COMPRESSION_LZ4, in, plain, len), ERR_MALFORMED);
    free(packed);
    free(plain);
    free(text);
}

Test(compress, reads_every_kind_of_lz4_frame)
{
    for (int linked = 0; linked < 2; linked++) {
        for (int checked = 0; checked < 2; checked++) {
            for (int block = LZ4F_max64KB; block <= LZ4F_max4MB; block++) {
                LZ4F_preferences_t preferences = LZ4F_INIT_PREFERENCES;
                preferences.frameInfo.blockSizeID = (LZ4F_blockSizeID_t)block;
                preferences.frameInfo.blockMode =
                    linked != 0 ? LZ4F_blockLinked : LZ4F_blockIndependent;
                preferences.frameInfo.contentSize = checked != 0 ? 500000 : 0;
                preferences.frameInfo.contentChecksumFlag = (LZ4F_contentChecksum_t)checked;
                preferences.frameInfo.blockChecksumFlag = (LZ4F_blockChecksum_t)checked;
                read_frame_of_library(&preferences);
            }
        }
    }
}

Test(compress, a_wrong_checksum_of_an_lz4_block_is_malformed)
{
    uint8_t packed[128], plain[64];
    LZ4F_preferences_t preferences = LZ4F_INIT_PREFERENCES;
    preferences.frameInfo.blockChecksumFlag = LZ4F_blockChecksumEnabled;
    size_t size = LZ4F_compressFrame(packed, sizeof packed, "block", 5, &preferences);
    cr_assert_not(LZ4F_isError(size));
    struct bytes in = {packed, size};
    cr_assert_eq(decompress_bytes(compressor, COMPRESSION_LZ4, in, plain, sizeof plain), 5);
    packed[size - 5] ^= 1; /* before the end mark */
    cr_assert_eq(decompress_bytes(compressor, COMPRESSION_LZ4, in, plain, sizeof plain),
                 ERR_MALFORMED);
}

Test(compress, the_library_reads_our_lz4_frames)
{
    size_t len = 200000;
    uint8_t *text = text_of(len);
    uint8_t *packed = malloc(compress_bound(COMPRESSION_LZ4, len));
    uint8_t *plain = malloc(len);
    int64_t size = compress_bytes(compressor, COMPRESSION_LZ4, 9, (struct bytes){text, len}, packed,
                                  compress_bound(COMPRESSION_LZ4, len));
    LZ4F_dctx *context;
    cr_assert_eq(LZ4F_createDecompressionContext(&context, LZ4F_VERSION), 0);
    size_t from = (size_t)size, to = len;
    cr_assert_eq(LZ4F_decompress(context, plain, &to, packed, &from, NULL), 0);
    cr_assert(to == len && from == (size_t)size);
    cr_assert_eq(memcmp(plain, text, len), 0);
    LZ4F_freeDecompressionContext(context);
    free(packed);
    free(plain);
    free(text);
}

/* Its state is not cleared between two blocks, nor are those of a frame. */
Test(compress, a_high_level_of_lz4_makes_the_same_of_a_text_whatever_came_before)
{
    size_t len = 150000, capacity = compress_bound(COMPRESSION_LZ4, len);
    uint8_t *text = text_of(len), *noise = noise_of(len);
    uint8_t *first = malloc(capacity), *again = malloc(capacity);
    struct bytes in = {text, len};
    int64_t size = compress_bytes(compressor, COMPRESSION_LZ4, 12, in, first, capacity);
    cr_assert(size > 0 && (size_t)size < len / 4);
    round_trip(COMPRESSION_LZ4, 12, (struct bytes){text + 7, 1000});
    round_trip(COMPRESSION_LZ4, 3, (struct bytes){noise, len});
    round_trip(COMPRESSION_LZ4, 17, (struct bytes){text + 1, 100000});
    cr_assert_eq(compress_bytes(compressor, COMPRESSION_LZ4, 12, in, again, capacity), size);
    cr_assert_eq(memcmp(first, again, (size_t)size), 0);
    free(first);
    free(again);
    free(noise);
    free(text);
}

Test(compress, a_wrong_lz4_header_is_malformed)
{
    uint8_t packed[128], plain[64];
    int64_t size = compress_bytes(compressor, COMPRESSION_LZ4, 9, BYTES_LITERAL("lz4 frame"),
                                  packed, sizeof packed);
    for (int at = 0; at < 7; at++) {
        packed[at] ^= 0x10;
        cr_assert_eq(decompress_bytes(compressor, COMPRESSION_LZ4,
                                      (struct bytes){packed, (size_t)size}, plain, sizeof plain),
                     ERR_MALFORMED);
        packed[at] ^= 0x10;
    }
}
