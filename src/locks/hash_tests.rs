use super::super::examples::no_server;
use super::*;
use proptest::prelude::*;

fn of(hash: Hash, text: &str) -> Option<i128> {
    hash.of(text, "", no_server)
}

#[test]
fn published_vectors() {
    // The check value of CRC-32/ISO-HDLC, FNV's own test suite, RFC 1321, and FIPS 180.
    assert_eq!(of(Hash::Crc32, "123456789"), Some(0xcbf4_3926));
    assert_eq!(of(Hash::Fnv1x32, "foobar"), Some(0x31f0_b262));
    assert_eq!(of(Hash::Fnv1ax32, "foobar"), Some(0xbf9c_f968));
    assert_eq!(of(Hash::Fnv1x64, "foobar"), Some(0x340d_8765_a4dd_a9c2));
    assert_eq!(of(Hash::Md5Hex8, "abc"), Some(0x9001_5098));
    assert_eq!(of(Hash::Md5Hex16, "abc"), Some(0x9001_5098_3cd2_4fb0));
    assert_eq!(of(Hash::Sha1Le64, "abc"), Some(0x6a81_0647_363e_99a9));
    assert_eq!(of(Hash::Sha224Be64, "abc"), Some(0x2309_7d22_3405_d822));
    assert_eq!(of(Hash::Sha256Be64, "abc"), Some(0xba78_16bf_8f01_cfea));
    assert_eq!(of(Hash::Sha256Le64, "abc"), Some(0xeacf_018f_bf16_78ba));
    assert_eq!(of(Hash::Sha256Le32, "abc"), Some(0xbf16_78ba));
    assert_eq!(of(Hash::Sha256Le32Second, "abc"), Some(0xeacf_018f));
    assert_eq!(of(Hash::JavaHashCode, "hello"), Some(99_162_322));
}

#[test]
fn java_and_javascript_count_utf16_units() {
    assert_eq!(java_hash_code("\u{1f600}"), 31 * 0xd83d + 0xde00);
    assert_eq!(djb2_xor("\u{1f600}"), (5381_u32.wrapping_mul(33) ^ 0xd83d).wrapping_mul(33) ^ 0xde00);
}

#[test]
fn hkdf_of_rfc_5869() {
    // Test case 3: no salt, no info.
    let made = hkdf_sha256(&[0x0b; 22], &[]).expect("a key of any length will do");
    assert_eq!(made, [0x8d, 0xa4, 0xe7, 0x75, 0xa5, 0x63, 0xc1, 0x8f]);
}

#[test]
fn ten_decimals_of_a_digest() {
    assert_eq!(decimals(&[0xab, 0x1c, 0x23]), Some(123));
    assert_eq!(decimals(&[0xab, 0xcd]), None);
    assert_eq!(decimals(&[0x12, 0x34, 0x56, 0x78, 0x90, 0x12]), Some(1_234_567_890));
}

#[test]
fn name_that_does_not_fit_is_rejected() {
    assert_eq!(pack_ascii("0123456789"), None);
    assert_eq!(pack_ascii("ü"), None);
    assert_eq!(unpack_ascii(u64::MAX), None);
}

proptest! {
    #[test]
    fn packed_name_round_trips(name in "[!-~]{0,9}") {
        prop_assert_eq!(pack_ascii(&name).and_then(unpack_ascii), Some(name));
    }

    #[test]
    fn unpacked_number_round_trips(packed in any::<u64>()) {
        if let Some(name) = unpack_ascii(packed) {
            prop_assert_eq!(pack_ascii(&name), Some(packed));
        }
    }

    #[test]
    fn hashes_stay_within_their_bounds(text in ".{0,9}") {
        let hashes = [Hash::Crc32, Hash::Md5Decimals, Hash::Sha1Le64, Hash::JavaHashCode, Hash::Djb2Xor, Hash::Ascii7Low];
        for hash in hashes {
            let (least, greatest) = hash.bounds();
            prop_assert!(of(hash, &text).is_none_or(|value| (least..=greatest).contains(&value)));
        }
    }
}
