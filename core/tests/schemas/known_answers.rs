//! `schemas/examples/known-answers.json` against the core: what FORMATS section 21 says, the core computes.

use std::sync::Mutex;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;
use streife_core::domain::{CaseId, ObjectId, Salt, Slip, from_hex, to_hex};
use streife_core::ports::{Entropy, EntropyError};
use streife_core::seal::{
    Binding, CaseKey, Hash, Kind, ManifestNotice, Namespace, Scope, Signed, SignedPayload, SoftwareKey, TimeStatement,
    VerifyingKey, chain, citizen_authorisation, commitment, merkle, open, open_notice, seal, sealed_length,
    sealed_notice, sign_payload,
};

use super::{json, top};

type Test = fn(&Answers) -> Result<(), Failed>;

pub fn trials() -> Vec<Trial> {
    let tests: [(&str, Test); 7] = [
        ("keys", keys),
        ("sealed object", sealed_object),
        ("sealed lengths", sealed_lengths),
        ("journal links", links),
        ("Merkle roots", roots),
        ("notice", notice),
        ("signed time statement", signature),
    ];
    let trial =
        |(name, test): (&str, Test)| Trial::test(format!("known answer: {name}"), move || test(&Answers::load()));
    tests.into_iter().map(trial).collect()
}

struct Answers(Value);

impl Answers {
    fn load() -> Self {
        Self(json(&top().join("schemas/examples/known-answers.json")))
    }

    fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).expect(pointer)
    }

    fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().expect(pointer)
    }

    fn fixed<const N: usize>(&self, pointer: &str) -> [u8; N] {
        from_hex(self.text(pointer)).expect(pointer)
    }

    fn bytes(&self, pointer: &str) -> Vec<u8> {
        let digit = |c: &u8| u8::try_from(char::from(*c).to_digit(16).expect("hex")).expect("below 16");
        let text = self.text(pointer).as_bytes();
        text.chunks(2).map(|pair| pair.iter().fold(0, |byte, c| byte * 16 + digit(c))).collect()
    }

    fn key(&self) -> CaseKey {
        CaseKey::new(self.fixed("/inputs/ck"))
    }

    fn case(&self) -> CaseId {
        CaseId::new(self.fixed("/inputs/case"))
    }

    fn object(&self) -> ObjectId {
        ObjectId::new(self.fixed("/inputs/object"))
    }

    fn binding(&self) -> Binding {
        Binding::of_case(Kind::Record, self.case(), self.object())
    }
}

/// Gives out exactly these bytes: nonces of known answers.
struct Given(Mutex<Vec<u8>>);

impl Given {
    fn new(bytes: &[u8]) -> Self {
        Self(Mutex::new(bytes.to_vec()))
    }
}

impl Entropy for Given {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        let mut left = self.0.lock().map_err(|_| EntropyError)?;
        let given: Vec<_> = left.drain(..out.len()).collect();
        out.copy_from_slice(&given);
        Ok(())
    }
}

fn same(what: &str, found: &[u8], expected: &str) -> Result<(), Failed> {
    let found = to_hex(found);
    if found == expected { Ok(()) } else { Err(format!("{what}: {found} instead of {expected}").into()) }
}

fn keys(answers: &Answers) -> Result<(), Failed> {
    let (key, case, object) = (answers.key(), answers.case(), answers.object());
    same("CKV", key.view_key(case).as_bytes(), answers.text("/keys/ckv"))?;
    same("K_o full", key.object_key(case, Scope::Full, object).as_bytes(), answers.text("/keys/k_o_scope_0"))?;
    same("K_o view", key.object_key(case, Scope::View, object).as_bytes(), answers.text("/keys/k_o_scope_1"))?;
    same("KC", &key.commitment(case).0, answers.text("/keys/kc"))
}

fn sealed_object(answers: &Answers) -> Result<(), Failed> {
    let key = answers.key().object_key(answers.case(), Scope::Full, answers.object());
    let (plain, file, nonce) =
        (answers.bytes("/inputs/plaintext"), answers.bytes("/sbx1/file"), answers.bytes("/inputs/nonce_prefix"));
    assert_eq!(open(&key, &answers.binding(), &file), Ok(plain.clone()));
    let sealed = seal(&key, &answers.binding(), &plain, &Given::new(&nonce))?;
    same("file", &sealed, answers.text("/sbx1/file"))?;
    same("H(file)", &Hash::of(&[&sealed]).0, answers.text("/sbx1/hash"))?;
    let salt = Salt::new(answers.fixed("/inputs/salt"));
    same("commitment", &commitment(&salt, &plain).0, answers.text("/sbx1/commitment"))?;

    let long = [vec![0; 65_536], vec![0x78]].concat();
    let sealed = seal(&key, &answers.binding(), &long, &Given::new(&nonce))?;
    assert_eq!(Some(sealed.len() as u64), answers.at("/sbx1_two_chunks/length").as_u64());
    same("two chunks", &Hash::of(&[&sealed]).0, answers.text("/sbx1_two_chunks/hash"))
}

fn sealed_lengths(answers: &Answers) -> Result<(), Failed> {
    for pair in answers.at("/sealed_lengths").as_array().ok_or("a list")? {
        let number = |index: usize| pair.get(index).and_then(Value::as_u64).ok_or("a number");
        assert_eq!(sealed_length(number(0)?), number(1)?, "{pair}");
    }
    Ok(())
}

fn links(answers: &Answers) -> Result<(), Failed> {
    let mut link = chain::GENESIS;
    for n in [1, 2] {
        link = chain::link(&link, n, &Hash::of(&[&answers.bytes(&format!("/journal/entry_{n}"))]));
        same("link", &link.0, answers.text(&format!("/journal/link_{n}")))?;
    }
    Ok(())
}

fn roots(answers: &Answers) -> Result<(), Failed> {
    let leaves: Vec<_> = (0..3).map(|i| Hash(answers.fixed(&format!("/merkle/leaf_data/{i}")))).collect();
    for (index, leaf) in leaves.iter().enumerate() {
        assert_eq!(*leaf, Hash::of(&[format!("manifest {}", index + 1).as_bytes()]));
    }
    for count in 0..=3 {
        let root = merkle::root(leaves.get(..count).ok_or("within")?);
        same("root", &root.0, answers.text(&format!("/merkle/roots/{count}")))?;
    }
    Ok(())
}

fn notice(answers: &Answers) -> Result<(), Failed> {
    let (number, factor) = (answers.text("/notice/number"), answers.text("/notice/factor"));
    let slip = Slip::new(number, Some(answers.text("/notice/code")))?;
    let code = slip.code().ok_or("a code")?;
    let auth = citizen_authorisation(number, code, factor);
    same("d(auth)", &auth, answers.text("/notice/auth"))?;
    same("H(d(auth))", &Hash::of(&[&auth]).0, answers.text("/notice/auth_hash"))?;

    let wrap = answers.bytes("/notice/wrap");
    let given = ManifestNotice { number: number.to_owned(), sealed: Some((Hash::of(&[&auth]), wrap.clone())) };
    let view = open_notice(&given, answers.case(), code, factor)?;
    same("CKV in the wrap", view.as_bytes(), answers.text("/keys/ckv"))?;
    let nonce = Given::new(wrap.get(45..64).ok_or("a header")?);
    assert_eq!(sealed_notice(&slip, factor, answers.case(), &answers.key(), &nonce)?, given);
    Ok(())
}

fn signature(answers: &Answers) -> Result<(), Failed> {
    let public = VerifyingKey::from_sec1(&answers.bytes("/cose/public"))?;
    same("kid", public.id().as_bytes(), answers.text("/cose/kid"))?;
    same("kid in HPKE's info", public.id().as_bytes(), answers.text("/hpke_info/kid"))?;
    let statement = TimeStatement { nonce: answers.fixed("/inputs/case"), unix_ms: 1_781_589_600_000 };
    let signed = Signed::<TimeStatement>::verify(&answers.bytes("/cose/bytes"), &public)?;
    assert_eq!(signed.payload(), &statement);
    let one = [&[0; 31][..], &[1]].concat();
    let written = sign_payload(Namespace::Time, statement.encode(), &SoftwareKey::from_bytes(&one)?)?;
    same("COSE_Sign1", &written, answers.text("/cose/bytes"))
}
