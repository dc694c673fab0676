//! The natural logarithm in single precision, with the bits of glibc's `logf`.
//!
//! XGBoost carries `base_score` to a margin by its host's `logf`, and one ulp there is one ulp in every margin. Its wheels use the C
//! library of the machine: since 2.27 glibc has Arm's algorithm, as do musl and Android. It is not correctly rounded (its error is
//! below 0.818 ulp), so nothing but the algorithm itself gives its bits.
//!
//! # Source
//! Arm Optimized Routines, `math/logf.c` and `math/logf_data.c` (Szabolcs Nagy, 2017–2018; MIT licence), also in glibc 2.27 and later.
//! Compared with the host's over all 1,065,353,215 floats in (0, 1), as they are and as base scores, by the conformance runner.

/// One of sixteen subintervals of [OFF, 2·OFF): 1/c and ln c for a c near its middle.
type Interval = (f64, f64);

const TABLE: [Interval; 16] = [
    (bits(0x3ff6_61ec_79f8_f3be), bits(0xbfd5_7bf7_808c_aade)),
    (bits(0x3ff5_71ed_4aaf_883d), bits(0xbfd2_bef0_a7c0_6ddb)),
    (bits(0x3ff4_9539_f0f0_10b0), bits(0xbfd0_1eae_7f51_3a67)),
    (bits(0x3ff3_c995_b0b8_0385), bits(0xbfcb_31d8_a682_24e9)),
    (bits(0x3ff3_0d19_0c88_64a5), bits(0xbfc6_574f_0ac0_7758)),
    (bits(0x3ff2_5e22_7b0b_8ea0), bits(0xbfc1_aa2b_c79c_8100)),
    (bits(0x3ff1_bb4a_4a1a_343f), bits(0xbfba_4e76_ce8c_0e5e)),
    (bits(0x3ff1_2358_f08a_e5ba), bits(0xbfb1_973c_5a61_1ccc)),
    (bits(0x3ff0_953f_4199_00a7), bits(0xbfa2_52f4_38e1_0c1e)),
    (1.0, 0.0),
    (bits(0x3fee_608c_fd9a_47ac), bits(0x3faa_a5aa_5df2_5984)),
    (bits(0x3fec_a4b3_1f02_6aa0), bits(0x3fbc_5e53_aa36_2eb4)),
    (bits(0x3feb_2036_576a_fce6), bits(0x3fc5_26e5_7720_db08)),
    (bits(0x3fe9_c2d1_63a1_aa2d), bits(0x3fcb_c286_0d22_4770)),
    (bits(0x3fe8_86e6_0378_41ed), bits(0x3fd1_058b_c8a0_7ee1)),
    (bits(0x3fe7_67dc_f553_4862), bits(0x3fd4_0430_57b6_ee09)),
];

/// Where the subintervals start: just below 0.7.
const OFF: u32 = 0x3f33_0000;
const LN_2: f64 = bits(0x3fe6_2e42_fefa_39ef);
/// ln(1 + r) ≈ r + r²·(A₂ + A₁·r + A₀·r²)
const A: [f64; 3] = [bits(0xbfd0_0ea3_48b8_8334), bits(0x3fd5_575b_0be0_0b6a), bits(0xbfdf_fffe_f20a_4123)];

const fn bits(bits: u64) -> f64 {
    f64::from_bits(bits)
}

/// Natural logarithm of `x` in single precision, with glibc's bits; NaN below zero, −infinity at zero.
///
/// # Formula
/// x = 2ᵏ·z with z in [OFF, 2·OFF), r = z/c − 1 for the c of z's subinterval: ln x = ln(1 + r) + ln c + k·ln 2, in double precision,
/// rounded once.
pub fn lnf(x: f32) -> f32 {
    if x.is_nan() || x < 0.0 {
        return f32::NAN;
    }
    if x == 0.0 {
        return f32::NEG_INFINITY;
    }
    if x == f32::INFINITY {
        return x;
    }
    // A subnormal is scaled by 2²³, and k made smaller by as much.
    let ix = if x < f32::MIN_POSITIVE { (x * 8_388_608.0).to_bits().wrapping_sub(23 << 23) } else { x.to_bits() };
    let from_off = ix.wrapping_sub(OFF);
    let (inverse, ln_c) = TABLE.get((from_off >> 19) as usize % 16).copied().unwrap_or((1.0, 0.0));
    let k = (from_off as i32) >> 23;
    let z = f64::from(f32::from_bits(ix.wrapping_sub(from_off & 0xff80_0000)));
    let r = z * inverse - 1.0;
    let rough = ln_c + f64::from(k) * LN_2;
    let r2 = r * r;
    let y = A[0] * r2 + (A[1] * r + A[2]);
    (y * r2 + (rough + r)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_odd_values_are_those_of_a_logarithm() {
        assert_eq!((lnf(1.0), lnf(0.0), lnf(f32::INFINITY)), (0.0, f32::NEG_INFINITY, f32::INFINITY));
        assert!(lnf(-1.0).is_nan() && lnf(f32::NAN).is_nan());
        // The least subnormal, the least normal and the largest float: ln 2 times −149, −126 and 128.
        assert_eq!((lnf(f32::from_bits(1)), lnf(f32::MIN_POSITIVE), lnf(f32::MAX)), (-103.278_93, -87.336_55, 88.722_84));
    }

    /// Where glibc's is not the nearest float: a correctly rounded logarithm is one ulp off.
    #[test]
    fn the_bits_are_those_of_glibc() {
        let known = [
            (0x3f23_678c, 0xbee5_dca0),
            (0x3f43_7594, 0xbe8a_268c),
            (0x3f62_8c24, 0xbdfa_5020),
            (0x3f74_b4cf, 0xbd38_ce7d),
            (0x3f88_31bf, 0x3d7e_2ab1),
            (0x3fbb_385a, 0x3ec2_b0c1),
            (0x41ea_d82f, 0x4058_496f),
            (0x4223_ca89, 0x406d_9649),
            (0x438a_d2df, 0x40b4_0b13),
            (0x490c_63df, 0x4154_31ef),
            (0x4952_0640, 0x415a_a3cd),
            (0x4d8d_18ae, 0x419c_0b55),
        ];
        for (x, glibc) in known {
            let x = f32::from_bits(x);
            assert_eq!(lnf(x).to_bits(), glibc, "{x}");
            assert_ne!((libm::log(f64::from(x)) as f32).to_bits(), glibc, "{x}");
        }
    }
}
