//! What may go wrong, how often it does in one history, and how often it did in all of them.

use std::collections::BTreeMap;

macro_rules! faults {
    ($($(#[$doc:meta])+ $name:ident = $label:literal;)+) => {
        /// A kind of fault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($(#[$doc])+ $name,)+
        }

        impl Fault {
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// For people, with what counts as a hit that mattered.
            pub fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)+ }
            }
        }
    };
}

faults! {
    /// The request never arrives, and the terminal is told so.
    RequestLost = "request dropped before it was applied (records or photo)";
    /// The request never arrives, and nobody says so.
    RequestSwallowed = "request swallowed in silence (records or photo)";
    /// The request is carried out; its answer breaks off before the first byte.
    AnswerLost = "answer dropped after the request was applied (something was stored)";
    /// The request is carried out; its answer never comes.
    AnswerSwallowed = "answer swallowed in silence after it was applied (something was stored)";
    /// The service gets the request twice, one after the other or both at once.
    Duplicated = "request duplicated (records or photo)";
    /// The terminal is told that the request is lost; it arrives behind later ones.
    Reordered = "request late, behind others (another request overtook it)";
    /// The connection breaks in the middle of a photo.
    UploadCut = "photo truncated, connection broken (some bytes had arrived)";
    /// The connection goes silent in the middle of a photo.
    UploadStalled = "photo truncated in silence (some bytes had arrived)";
    /// The connection breaks in the middle of an answer.
    AnswerCut = "answer truncated (something was stored)";
    /// A gateway answers 5xx and asks nobody.
    ServerError = "5xx without effect (records or photo)";
    /// The service did it; a gateway answers 5xx all the same.
    ServerErrorAfter = "5xx although it was applied (something was stored)";
    /// Too many requests.
    TooMany = "429 (records or photo)";
    /// Somebody else's page answers 200.
    OtherPage = "another page answers 200 (records or photo)";
    /// A byte of a photo changes on the way.
    PhotoFlipped = "byte of a photo changed on the way (the service refused it)";
    /// A receipt changes on the way, or is another record's.
    ReceiptFlipped = "receipt changed on the way (the terminal stayed undelivered)";
    /// A person stops the run.
    Cancelled = "run stopped by a person (requests were under way)";
    /// The program on the tablet is killed at any moment of a run.
    TerminalKilled = "terminal killed during a run (requests were under way)";
    /// The tablet loses power: what was not flushed may be gone.
    TerminalPowerCut = "terminal without power (something unflushed was lost)";
    /// The program on the tablet dies at a named effect.
    TerminalDiesAtEffect = "terminal dies at a named effect (a run, a photo or a seal broke off)";
    /// The service is killed at any moment.
    ServiceKilled = "service killed (requests were under way)";
    /// The service's machine loses power.
    ServicePowerCut = "service without power (something unflushed was lost)";
    /// The service dies at a named effect.
    ServiceDiesAtEffect = "service dies at a named effect (a request broke off)";
}

/// Effects at which the service may die.
pub const SERVICE_EFFECTS: &[&str] = &[
    "intake.before_commit",
    "intake.after_commit",
    "log.before_commit",
    "log.after_commit",
    "blob.before_rename",
    "blob.after_rename",
    "blob.after_row",
    "delivered.before_commit",
    "delivered.after_commit",
];

/// Effects at which the terminal may die.
pub const TERMINAL_EFFECTS: &[&str] = &[
    "sync.after_records_answer",
    "sync.after_blob_answer",
    "sync.before_receipt_store",
    "sync.after_receipt_store",
    "release.before_removal",
    "photo.after_write",
    "photo.after_fsync",
    "photo.before_rename",
    "photo.after_rename",
    "photo.after_dir_fsync",
    "photo.before_row",
    "photo.after_row",
    "seal.before_commit",
    "seal.after_commit",
    "seal.after_copy",
    "seal.after_head",
];

/// How many of [`TERMINAL_EFFECTS`] a run passes, or letting photos go: they stand first.
pub const RUN_EFFECTS: usize = 5;

/// How likely each kind is in one history, and how many faults there are at most.
#[derive(Debug, Clone)]
pub struct Mix {
    rates: BTreeMap<Fault, f64>,
    pub most: u32,
}

impl Mix {
    /// Some kinds often, some rarely, some never: a history with every kind at once shows less than one that is bad in its own
    /// way.
    pub fn of(random: &mut fastrand::Rng) -> Self {
        let rates = Fault::ALL.iter().map(|fault| {
            let rate = match random.u32(..10) {
                0..=4 => 0.0,
                5..=7 => 0.01 + random.f64() * 0.05,
                _ => 0.05 + random.f64() * 0.2,
            };
            (*fault, rate)
        });
        Self { rates: rates.collect(), most: 5 + random.u32(..45) }
    }

    pub fn rate(&self, fault: Fault) -> f64 {
        self.rates.get(&fault).copied().unwrap_or(0.0)
    }
}

/// Injected, and hits that mattered, of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    counts: BTreeMap<Fault, (u64, u64)>,
    /// How often something died at each effect.
    pub effects: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub fn inject(&mut self, fault: Fault) {
        self.counts.entry(fault).or_default().0 += 1;
    }

    pub fn matter(&mut self, fault: Fault) {
        self.counts.entry(fault).or_default().1 += 1;
    }

    pub fn add(&mut self, other: &Self) {
        for (fault, (injected, mattered)) in &other.counts {
            let count = self.counts.entry(*fault).or_default();
            count.0 += injected;
            count.1 += mattered;
        }
        for (effect, count) in &other.effects {
            *self.effects.entry(effect).or_default() += count;
        }
    }

    pub fn injected(&self) -> u64 {
        self.counts.values().map(|(injected, _)| injected).sum()
    }

    /// Kinds that were never injected, or never mattered; effects at which nothing ever died.
    pub fn missing(&self) -> Vec<String> {
        let kinds = Fault::ALL.iter().filter(|fault| self.counts.get(fault).is_none_or(|(_, mattered)| *mattered == 0));
        let effects =
            SERVICE_EFFECTS.iter().chain(TERMINAL_EFFECTS).filter(|effect| !self.effects.contains_key(*effect));
        kinds.map(|fault| format!("{fault:?}")).chain(effects.map(|effect| (*effect).to_owned())).collect()
    }

    pub fn table(&self) -> String {
        let mut lines = vec![format!("{:>9} {:>9}  fault (and when it counts as a hit)", "injected", "hits")];
        for fault in Fault::ALL {
            let (injected, mattered) = self.counts.get(fault).copied().unwrap_or_default();
            lines.push(format!("{injected:>9} {mattered:>9}  {}", fault.label()));
        }
        let effects: Vec<String> = self.effects.iter().map(|(effect, count)| format!("{effect} {count}")).collect();
        lines.push(format!("died at: {}", effects.join(", ")));
        lines.join("\n")
    }
}
