//! The text of a scanned label, or the code typed from beside one.

use data_encoding::BASE32_NOPAD;
use xunjian_domain::{
    ids::{LabelPrintId, SiteId},
    label_code::LabelCode,
};
use xunjian_field::Person;
use xunjian_proof::{
    label::{self, LabelKind, LabelPayload},
    record::ScanVerdict,
    suite::{Ed25519Signer, PublicKey, Signer as _},
};

use crate::{Entrance, most_memory, service::Service, site, terminal::Terminal};

/// A terminal with a package, a label press, and somebody who would like to be one.
pub struct Labels {
    service: Service,
    terminal: Terminal,
    person: Person,
    forger: Ed25519Signer,
}

impl Labels {
    fn site(&self) -> &SiteId {
        &self.service.root.site
    }

    fn is_genuine(&self, label: &LabelPayload, key: &PublicKey) -> Option<LabelPrintId> {
        label.verify(site::HOST, self.site(), std::slice::from_ref(key)).ok().map(|(print, _)| print)
    }

    /// What `signer` would print for this label: Ed25519 has one signature for one text.
    fn printed(&self, label: &LabelPayload, print: &LabelPrintId, signer: &Ed25519Signer) -> String {
        label::print(site::HOST, self.site(), label.kind(), print, signer).unwrap()
    }

    /// Reads a label's text and answers its print where the site's press printed it.
    fn read(&self, text: &str, label: &LabelPayload) -> Option<LabelPrintId> {
        let spelled = text.trim().to_ascii_uppercase();
        let body = BASE32_NOPAD.decode(spelled.split_once("/L/").unwrap().1.as_bytes()).unwrap();
        assert_eq!(body.len(), 85, "kind, key, print and signature, and nothing behind them");
        let digits = data_encoding::HEXLOWER.encode(&body[5..21]);
        assert_eq!(label.print_id().as_str().replace('-', ""), digits, "the print is the one in the text");
        let kinds = [LabelKind::Room, LabelKind::Rack, LabelKind::Asset];
        assert_eq!(label.kind(), kinds[usize::from(body[0]) - 1]);
        assert_eq!(LabelPayload::parse(&text.to_ascii_lowercase()).as_ref(), Ok(label), "phones lower the case");

        let genuine = self.is_genuine(label, &self.service.press.public_key());
        let forged = self.is_genuine(label, &self.forger.public_key());
        assert!(genuine.is_none() || forged.is_none(), "one label, one press");
        for (print, signer) in [(&genuine, &self.service.press), (&forged, &self.forger)] {
            if let Some(print) = print {
                assert_eq!(spelled, self.printed(label, print, signer), "a label counts that its key never signed");
            }
        }
        genuine
    }
}

impl Entrance for Labels {
    fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let service = Service::start();
        let terminal = runtime.block_on(Terminal::of_li(&service));
        let person = terminal.field.person(None).unwrap();
        Self { service, terminal, person, forger: Ed25519Signer::from_seed(&[77; 32]) }
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut texts: Vec<String> = (1..=9).map(|number| self.service.label(number)).collect();
        texts.push(self.service.label_of(LabelKind::Asset, 2));
        let print = LabelPrintId::new(site::uuid(2));
        let by = |host: &str, signer| label::print(host, self.site(), LabelKind::Rack, &print, signer).unwrap();
        texts.push(by(site::HOST, &self.forger));
        texts.push(by("other.example", &self.service.press));
        texts.extend((1..=9).map(|number| LabelCode::of_print(&site::uuid(number)).to_string()));
        texts.push(texts[0].to_lowercase());
        texts.push("WIFI:T:WPA;S:机房;P:secret;;".into());
        texts.into_iter().map(String::into_bytes).collect()
    }

    fn take(&self, bytes: &[u8]) {
        // Scanners and pages hand over text; other bytes never come this far.
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        let (label, memory) = most_memory(|| LabelPayload::parse(text).ok());
        assert!(memory <= 4 * bytes.len() + 4096, "{memory} bytes for a text of {}", bytes.len());
        let genuine = label.as_ref().and_then(|label| self.read(text, label));

        let typed = text.parse::<LabelCode>().ok();
        if let Some(code) = &typed {
            assert_eq!(code.to_string().parse().as_ref(), Ok(code), "a code is read as it is shown");
            assert_eq!(code.to_string().len(), 12);
        }

        let found = self.terminal.field.look_up(text, &self.person).unwrap();
        let listed = site::prints();
        let of_label = listed.iter().find(|print| genuine.as_ref() == Some(&print.id));
        let of_code = listed.iter().find(|print| typed.as_ref() == Some(&LabelCode::of_print(print.id.as_str())));
        let print = if label.is_some() { of_label } else { of_code };
        let expected = match (&label, print) {
            (Some(label), Some(print)) if LabelKind::of(print.subject.kind) != Some(label.kind()) => {
                ScanVerdict::Forged
            }
            (_, Some(print)) if print.replaced_by.is_some() => ScanVerdict::Revoked,
            (_, Some(_)) => ScanVerdict::Right,
            (Some(_), None) if genuine.is_some() => ScanVerdict::Unknown,
            (Some(label), None) if label.host.eq_ignore_ascii_case(site::HOST) => ScanVerdict::Forged,
            (Some(_), None) => ScanVerdict::Foreign,
            (None, None) if typed.is_some() => ScanVerdict::Unknown,
            (None, None) => ScanVerdict::NotALabel,
        };
        assert_eq!(found.verdict, expected, "{text:?}");
        let names_something = matches!(expected, ScanVerdict::Right | ScanVerdict::Revoked);
        assert_eq!(found.subject.is_some(), names_something, "only what counts names a thing: {text:?}");
    }
}
