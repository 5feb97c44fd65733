// What the loops of a program need besides C itself.
#include <math.h>
#include <stdint.h>

// The sum of a product and a number, rounded once where the processor has an instruction for it.
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define product_and_sum(a, b, c) __builtin_fmaf(a, b, c)
#else
#define product_and_sum(a, b, c) ((a) * (b) + (c))
#endif

static inline int64_t max(int64_t a, int64_t b) { return a > b ? a : b; }

// 2 to a whole power from -126 to 127.
static inline float power_of_two(int32_t n) {
    union { int32_t bits; float value; } u = {(n + 127) << 23};
    return u.value;
}

// e^x = 2^n e^r, where |r| <= ln 2 / 2; e^r = 1 + r + r^2 q(r), and q is the polynomial of least relative error. What is
// rounded to 0 is chosen at the end: processors take a hundred times as long for numbers that are nearly 0.
static inline float exponential(float x) {
    const float bounded = x > 89.0f ? 89.0f : x < -104.0f ? 0.0f : x;
    const float n = rintf(bounded * 0x1.715476p+0f);
    const float r = product_and_sum(n, -0x1.0bfbe8p-15f, product_and_sum(n, -0x1.62e0p-1f, bounded));
    float q = 0x1.6a2352p-10f;
    q = product_and_sum(q, r, 0x1.123a6cp-7f);
    q = product_and_sum(q, r, 0x1.5558f4p-5f);
    q = product_and_sum(q, r, 0x1.555490p-3f);
    q = product_and_sum(q, r, 0x1.fffffap-2f);
    const float power = product_and_sum(q * r, r, r) + 1.0f;
    const int32_t whole = (int32_t)n, half = whole >> 1;
    const float value = power * power_of_two(half) * power_of_two(whole - half);
    return x < -104.0f ? 0.0f : value;
}

// x p(x^2) / q(x^2), the quotient of least relative error up to 9.02, beyond which it is 1 in single precision.
static inline float hyperbolic_tangent(float x) {
    const float bounded = x > 9.02f ? 9.02f : x < -9.02f ? -9.02f : x, z = bounded * bounded;
    float p = 1.3319067e-8f, q = 7.762017e-7f;
    p = product_and_sum(p, z, 2.0583477e-5f);
    q = product_and_sum(q, z, 3.2830924e-4f);
    p = product_and_sum(p, z, 3.4940343e-3f);
    q = product_and_sum(q, z, 2.5871072e-2f);
    p = product_and_sum(p, z, 0.13379718f);
    q = product_and_sum(q, z, 0.46713033f);
    p = product_and_sum(p, z, 1.0f);
    q = product_and_sum(q, z, 1.0f);
    const float value = bounded * p / q;
    return value > 1.0f ? 1.0f : value < -1.0f ? -1.0f : value;
}
