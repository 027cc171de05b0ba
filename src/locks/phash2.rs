//! Computes `erlang:phash2/1` of the terms that Ecto hashes: tuples of atoms and binaries
//! (`make_hash2` in erts/emulator/beam/erl_term_hashing.c, and `atom_hash` in atom.c).

/// The golden ratio. Each kind of term is mixed with a multiple of it.
const GOLDEN: u32 = 0x9e37_79b9;
const ATOM: u32 = GOLDEN.wrapping_mul(3);
const TUPLE: u32 = GOLDEN.wrapping_mul(9);
const BINARY: u32 = GOLDEN.wrapping_mul(13);

/// How many bits `phash2/1` keeps.
const BITS: u32 = 27;

/// An element of the tuple.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term<'a> {
    Atom(&'a str),
    Binary(&'a [u8]),
}

/// Computes `erlang:phash2({…})`.
pub fn phash2(tuple: &[Term]) -> u32 {
    let arity = u32::try_from(tuple.len()).unwrap_or(u32::MAX);
    let hash = tuple.iter().fold(mix_word(arity, TUPLE, 0), |hash, term| match term {
        // Erlang treats a hash of 0 as "nothing hashed yet".
        Term::Atom(name) if hash == 0 => atom_hash(name),
        Term::Atom(name) => mix_word(atom_hash(name), ATOM, hash),
        Term::Binary(bytes) => hash_bytes(bytes, BINARY.wrapping_add(hash)),
    });
    hash & ((1 << BITS) - 1)
}

/// Computes Bob Jenkins' mix.
fn mix(mut a: u32, mut b: u32, mut c: u32) -> [u32; 3] {
    for [first, second, third] in [[13, 8, 13], [12, 16, 5], [3, 10, 15]] {
        a = a.wrapping_sub(b).wrapping_sub(c) ^ (c >> first);
        b = b.wrapping_sub(c).wrapping_sub(a) ^ (a << second);
        c = c.wrapping_sub(a).wrapping_sub(b) ^ (b >> third);
    }
    [a, b, c]
}

fn mix_word(word: u32, kind: u32, hash: u32) -> u32 {
    let [.., mixed] = mix(kind.wrapping_add(word), kind, hash);
    mixed
}

/// Hashes twelve bytes at a time. The last, incomplete block holds the length in the lowest byte of
/// its third word.
fn hash_bytes(bytes: &[u8], initial: u32) -> u32 {
    if bytes.is_empty() {
        return initial;
    }
    let (blocks, rest) = bytes.as_chunks::<12>();
    let [a, b, c] = blocks.iter().fold([GOLDEN, GOLDEN, initial], |state, block| {
        let [a, b, c] = add(state, block);
        mix(a, b, c)
    });
    let mut last = [0; 12];
    let (words, third) = rest.split_at(rest.len().min(8));
    last[..words.len()].copy_from_slice(words);
    last[9..9 + third.len()].copy_from_slice(third);
    let length = (bytes.len() & 0xffff_ffff) as u32;
    let [a, b, c] = add([a, b, c.wrapping_add(length)], &last);
    let [.., mixed] = mix(a, b, c);
    mixed
}

fn add(state: [u32; 3], block: &[u8; 12]) -> [u32; 3] {
    let (words, _) = block.as_chunks::<4>();
    let mut sum = state;
    for (word, bytes) in sum.iter_mut().zip(words) {
        *word = word.wrapping_add(u32::from_le_bytes(*bytes));
    }
    sum
}

/// Computes hashpjw of the dragon book over the name in Latin-1; characters outside Latin-1 are
/// hashed by their UTF-8 bytes.
fn atom_hash(name: &str) -> u32 {
    let step = |hash: u32, byte: u32| {
        let hash = (hash << 4).wrapping_add(byte);
        let top = hash & 0xf000_0000;
        hash ^ (top >> 24) ^ top
    };
    name.chars().fold(0, |hash, char| match u32::from(char) {
        latin1 @ 0..=0xff => step(hash, latin1),
        _ => char.encode_utf8(&mut [0; 4]).bytes().fold(hash, |hash, byte| step(hash, u32::from(byte))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ecto(prefix: Term, repo: &str) -> u32 {
        phash2(&[Term::Atom("ecto"), prefix, Term::Atom(repo)])
    }

    #[test]
    fn hashes_of_ecto_keys() {
        // ecto_sql's own test, a published log, and Erlang/OTP 25.
        assert_eq!(ecto(Term::Atom("nil"), "Elixir.Ecto.Integration.AdvisoryLockPoolRepo"), 129_653_361);
        assert_eq!(ecto(Term::Atom("nil"), "Elixir.MigrateTest.Repo"), 10_421_502);
        assert_eq!(ecto(Term::Atom("nil"), "Elixir.MyApp.Repo"), 41_811_489);
        assert_eq!(ecto(Term::Binary(b"tenant_a"), "Elixir.MyApp.Repo"), 17_122_987);
    }

    /// From Erlang/OTP 25: binaries with lengths around that of a block.
    #[test]
    fn binaries_of_many_lengths() {
        let prefixes = [
            ("", 110_396_393),
            ("a", 22_065_504),
            ("tenant_ab", 4_452_079),
            ("tenant_abc", 88_283_269),
            ("tenant_abcd", 50_202_779),
            ("tenant_abcde", 5_640_120),
            ("tenant_abcdef", 42_789_495),
            ("a_schema_name_of_more_than_24", 45_129_500),
            ("a_long_schema_name_of_36_characters_", 74_358_878),
        ];
        for (prefix, hash) in prefixes {
            assert_eq!(ecto(Term::Binary(prefix.as_bytes()), "Elixir.MyApp.Repo"), hash, "{prefix}");
        }
    }

    /// From Erlang/OTP 25: characters outside Latin-1 are hashed by their bytes.
    #[test]
    fn atoms_beyond_ascii() {
        assert_eq!(ecto(Term::Atom("nil"), "Elixir.\u{c9}cole.Repo"), 124_811_825);
        assert_eq!(ecto(Term::Atom("nil"), "\u{65e5}\u{672c}"), 123_475_006);
        assert_eq!(ecto(Term::Binary(b"public"), "\u{7ff}\u{80}\u{ff}\u{100}"), 62_732_678);
    }

    #[test]
    fn binary_outside_a_tuple() {
        // phash2(<<"public">>), Erlang/OTP 25.
        assert_eq!(hash_bytes(b"public", BINARY) & ((1 << BITS) - 1), 46_515_530);
    }
}
