//! `visit …`: everything between starting and sealing.

mod answer;
mod evidence;
mod follow_up;
mod show;

use jiff::civil::Time;
use xunjian_domain::{
    hash::Sha256,
    ids::{FindingId, VisitId},
    ledger::UnitSpan,
    text::Language,
    time::TimestampMs,
    visit::NoPhoto,
};
use xunjian_field::{
    AssetSelector, DraftRef, Field, NewFinding, NewSeal, NewSighting, Person, RackView, VisitSelector,
};
use xunjian_proof::record::{Companion, PhotoPermit};

use super::{
    Session,
    arguments::{Finding, Sight, Visit},
    failure::Failure,
    output::{Output, say, warnings},
    passphrase,
};

pub(crate) use self::follow_up::FollowUp;

/// The terminal, the person and the visit of one command.
struct Desk {
    field: Field,
    person: Person,
    visit: VisitId,
    language: Language,
}

impl Desk {
    fn open(session: &Session, visit: &str) -> Result<Self, Failure> {
        let field = session.open()?;
        let person = session.person(&field)?;
        let visit = field.find_visit(&VisitSelector::Text(visit.to_owned()))?;
        Ok(Self { field, person, visit, language: session.language })
    }

    fn draft(&self) -> DraftRef<'_> {
        DraftRef { visit: &self.visit, person: &self.person.id }
    }
}

pub(super) fn run(session: &Session, command: Visit) -> Result<Output, Failure> {
    match command {
        Visit::Start { visit, rack, room } => {
            let selector = match (visit, rack) {
                (Some(visit), _) => VisitSelector::Text(visit),
                (None, rack) => VisitSelector::Rack { rack: rack.unwrap_or_default(), room: room.unwrap_or_default() },
            };
            let field = session.open()?;
            let view = field.start_visit(&selector, &session.person(&field)?)?;
            show::output(&view, session.language)
        }
        Visit::Show { visit } => {
            let desk = Desk::open(session, &visit)?;
            show::output(&desk.field.show_visit(&desk.visit, &desk.person)?, session.language)
        }
        Visit::Amend { visit } => super::review::amend(session, &visit),
        Visit::Answer(arguments) => answer::answer(&Desk::open(session, &arguments.visit)?, arguments),
        Visit::Reading(arguments) => answer::reading(&Desk::open(session, &arguments.visit)?, arguments),
        Visit::Photo(arguments) => evidence::photo(&Desk::open(session, &arguments.visit)?, arguments),
        Visit::Scan(arguments) => evidence::scan(&Desk::open(session, &arguments.visit)?, arguments),
        Visit::Sight(arguments) => sight(&Desk::open(session, &arguments.visit)?, arguments),
        Visit::Finding(arguments) => finding(&Desk::open(session, &arguments.visit)?, *arguments),
        Visit::FollowUp(arguments) => follow_up::follow_up(&Desk::open(session, &arguments.visit)?, arguments),
        Visit::Call { visit, finding, callee } => follow_up::call(&Desk::open(session, &visit)?, finding, callee),
        Visit::Bulk { visit, undo } => bulk(&Desk::open(session, &visit)?, undo),
        Visit::CloseRack { visit, reopen } => {
            let desk = Desk::open(session, &visit)?;
            rack_output(&desk.field.close_rack(desk.draft(), !reopen)?)
        }
        Visit::Seal { visit, present, permit, permit_until } => {
            let desk = Desk::open(session, &visit)?;
            let passphrase = passphrase::obtain(session)?;
            let until = permit_until.map(|day| {
                let end = day.to_datetime(Time::MAX);
                let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
                end.to_zoned(zone).map(|at| TimestampMs(at.timestamp().as_millisecond())).map_err(Failure::input)
            });
            let photo_permit = match (permit, until.transpose()?) {
                (Some(number), Some(valid_until)) => Some(PhotoPermit { number, valid_until }),
                _ => None,
            };
            let seal = NewSeal { present: present.iter().map(|text| companion(text)).collect(), photo_permit };
            let sealed = desk.field.seal(desk.draft(), &passphrase, &seal)?;
            let before =
                if sealed.identical { say(desk.language, "此前已签。", "Sealed before. ") } else { String::new() };
            let mut text = before
                + &say(
                    desk.language,
                    format!("已签，待上传：第 {} 份记录，{} 字节\n{}", sealed.sequence, sealed.bytes, sealed.record),
                    format!(
                        "Sealed, to be sent: record {} of this terminal, {} bytes\n{}",
                        sealed.sequence, sealed.bytes, sealed.record
                    ),
                );
            text += &warnings(desk.language, &sealed.warnings);
            Output::new(&sealed, text)
        }
    }
}

fn companion(text: &str) -> Companion {
    let (name, organisation) = text.split_once(['/', '／']).unwrap_or((text, ""));
    Companion { name: name.trim().to_owned(), organisation: organisation.trim().to_owned() }
}

fn rack_output(view: &RackView) -> Result<Output, Failure> {
    let mut text = String::new();
    for (row, detail) in view.reconciliation.iter().zip(&view.details) {
        let verdicts: Vec<_> = row.verdicts.iter().map(|verdict| verdict.zh()).collect();
        let number = detail.sighting.map_or_else(|| "·".to_owned(), |number| number.to_string());
        let id = row.asset.as_ref().map_or("—", |id| id.as_str());
        text += &format!("{number}\t{}\t{id}\n", verdicts.join("、"));
    }
    Output::new(view, text)
}

fn units_from(text: &str) -> Result<UnitSpan, Failure> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let number = |part: &str| part.trim().trim_end_matches(['U', 'u']).parse::<u16>().ok();
    number(low)
        .zip(number(high))
        .and_then(|(low, high)| UnitSpan::new(low, high))
        .ok_or_else(|| Failure::input(format!("“{text}”: 12-13")))
}

fn sight(desk: &Desk, arguments: Sight) -> Result<Output, Failure> {
    let attach = |file: &std::path::PathBuf| {
        Ok::<_, Failure>(evidence::attach(desk, None, file, arguments.capture.into(), "")?.evidence.sha256)
    };
    let photos = arguments.photos.iter().map(attach).collect::<Result<Vec<Sha256>, Failure>>()?;
    if let Some(number) = arguments.remove {
        return rack_output(&desk.field.unsight(desk.draft(), number)?);
    }
    let new = NewSighting {
        photos: (!photos.is_empty()).then_some(photos),
        asset: match (arguments.asset, arguments.noted) {
            (Some(asset), _) => AssetSelector::Ledger(asset),
            (None, Some(number)) => AssetSelector::Noted(number),
            (None, None) => AssetSelector::NotInLedger,
        },
        as_in_ledger: arguments.as_in_ledger,
        span: arguments.units.as_deref().map(units_from).transpose()?,
        face: arguments.face.map(Into::into),
        brand: arguments.brand,
        model: arguments.model,
        serial: arguments.serial,
        quantity: arguments.quantity,
        owning_unit: arguments.owning_unit,
        order_no: arguments.order_no,
        note: arguments.note,
    };
    rack_output(&desk.field.sight(desk.draft(), &new)?)
}

fn no_photo(reason: Option<String>, confirmed_by: String) -> Option<NoPhoto> {
    reason.map(|reason| NoPhoto { reason, confirmed_by })
}

fn finding(desk: &Desk, arguments: Finding) -> Result<Output, Failure> {
    let attach = |files: &[std::path::PathBuf]| {
        files
            .iter()
            .map(|file| Ok(evidence::attach(desk, None, file, arguments.capture.into(), "")?.evidence.sha256))
            .collect::<Result<Vec<Sha256>, Failure>>()
    };
    let new = NewFinding {
        line: arguments.line,
        subject: None,
        severity: arguments.severity.into(),
        category: arguments.category,
        photos: attach(&arguments.photos)?,
        after_photos: attach(&arguments.after_photos)?,
        description: arguments.description,
        responsible_unit: arguments.unit,
        due_on: arguments.due,
        no_photo: no_photo(arguments.no_photo, arguments.confirmed_by),
        fixed_on_site: arguments.fixed,
        desk_callee: arguments.called,
        follows: arguments.follows.map(FindingId::new),
        replaces: None,
        found_ago_ms: None,
        called_ago_ms: None,
    };
    let finding = desk.field.report_finding(desk.draft(), new)?;
    let mut text = say(desk.language, format!("问题已记录 {}", finding.id), format!("Finding recorded {}", finding.id));
    if let (Some(minutes), None) = (finding.severity.respond_within_minutes(), &finding.desk_call) {
        text += &say(
            desk.language,
            format!("\n⚠ 请立即致电服务台，{minutes} 分钟内须响应；接通后用 --called 记录接听人"),
            format!(
                "\n⚠ Call the service desk now: response is due within {minutes} minutes; note who answered with --called"
            ),
        );
    }
    Output::new(&finding, text)
}

fn bulk(desk: &Desk, undo: bool) -> Result<Output, Failure> {
    if undo {
        let lines = desk.field.undo_bulk(desk.draft())?;
        let text = say(desk.language, format!("已撤销 {lines} 项"), format!("{lines} lines taken back"));
        return Output::new(&serde_json::json!({ "undone": lines }), text);
    }
    let report = desk.field.fill_rest_normal(desk.draft())?;
    let text = say(
        desk.language,
        format!("已填 {} 项正常；还有 {} 项须逐项作答：{:?}", report.filled.len(), report.left.len(), report.left),
        format!("{} lines filled; {} need a person: {:?}", report.filled.len(), report.left.len(), report.left),
    );
    Output::new(&report, text)
}
