//! What is printed: Markdown, a row as soon as it was measured.

use std::time::Duration;

use crate::{accuracy::Accuracy, link::Line, measured::Measured, ours::OurRun, site::Prepared};

/// How busy the machine is.
pub fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let three: Vec<&str> = load.split(' ').take(3).collect();
    format!("load {}", three.join(" "))
}

/// What the line does.
pub fn print_accuracy(found: &Accuracy) {
    println!(
        "\nthe line, measured with UDP: round trip {:.1} ms median, {:.1} ms worst of 100 on an idle line; {:.2} Mbit/s through \
         it when twice as much is sent; {:.2} % lost where 1 % was asked for",
        ms(found.round_trip.0),
        ms(found.round_trip.1),
        found.rate / 1e6,
        found.loss * 100.0
    );
}

/// The head of a table whose rows carry `payload`.
pub fn print_head(title: &str, payload: u64) {
    println!("\n{title}: {:.1} MB\n", mb(payload));
    println!(
        "| what | loss | seconds | ÷ line limit | Mbit/s of payload | connections | stream ÷ payload | wire ÷ payload | line late, p99 and worst | processor, disk waited for |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
}

/// One row of it.
pub fn print_row(line: &Line, what: &str, loss: f64, payload: u64, measured: &Measured) {
    let (took, report) = (measured.took.as_secs_f64(), &measured.report);
    println!(
        "| {what} | {loss} % | {} | {:.2} | {:.2} | {} | {:.3} | {:.3} | {} |",
        seconds(measured),
        took / line.limit(payload).as_secs_f64(),
        measured.speed(payload) / 1e6,
        report.connections,
        ratio(report.streams.0 + report.streams.1, payload),
        ratio(report.wire_bytes(), payload),
        late(measured),
    );
}

/// The head of our own table.
pub fn print_our_head(prepared: &Prepared, line: &Line) {
    println!(
        "\nThe product: {} records ({:.1} MB), {} photos ({:.1} MB); line limit {:.1} s\n",
        prepared.load.records,
        mb(prepared.record_bytes),
        prepared.load.photos,
        mb(prepared.photo_bytes),
        line.limit(prepared.payload()).as_secs_f64()
    );
    println!(
        "| loss | cuts | seconds | ÷ (limit + outage) | asked for | sent ÷ payload | asked for | photos sent ÷ photos, its own count | wire ÷ payload | connections, after a cut | commands | receipts | line late, p99 and worst | processor, disk waited for |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
}

/// One row of it. *Sent* is what the streams from terminal to service carried, each byte once; *wire* is every IP packet both
/// ways.
pub fn print_our_row(line: &Line, prepared: &Prepared, loss: f64, outage: Duration, run: &OurRun) {
    let (measured, report) = (&run.measured, &run.measured.report);
    let limit = line.limit(prepared.payload()) + outage;
    println!(
        "| {loss} % | {} | {} | {:.2} | ≤ {} | {:.3} | ≤ 1.03 | {:.3} | {:.3} | {}, {} | {} | {} | {} |",
        if outage.is_zero() { "none".to_owned() } else { format!("{:.0} s in all", outage.as_secs_f64()) },
        seconds(measured),
        measured.took.as_secs_f64() / limit.as_secs_f64(),
        if outage.is_zero() { "1.5" } else { "1.25" },
        ratio(report.streams.0, prepared.payload()),
        ratio(run.photo_bytes_sent, prepared.photo_bytes),
        ratio(report.wire_bytes(), prepared.payload()),
        report.connections,
        report.reconnections,
        run.commands,
        run.receipts,
        late(measured),
    );
}

/// How full the line was in each second of a run: tenths of its rate, `#` for all of it.
pub fn fullness(line: &Line, measured: &Measured) -> String {
    let tenth = |bytes: &u64| char::from_digit((bytes * 80 / line.rate) as u32, 10).unwrap_or('#');
    measured.report.per_second.iter().map(tenth).collect()
}

/// What the product and each peer made of one line, in bits of payload a second.
pub struct Speeds {
    /// Of packets, in percent.
    pub loss: f64,
    /// The product with the load that the peers had.
    pub small: f64,
    /// The product with its large load, if it was run.
    pub large: Option<f64>,
    /// The peers by name.
    pub theirs: Vec<(String, f64)>,
}

/// How many times as fast per byte the product was.
pub fn print_speeds(speeds: &[Speeds]) {
    println!("\nHow many times as fast per byte the product was: with its large load, with the same load\n");
    let Some(first) = speeds.first() else { return };
    let names: Vec<&str> = first.theirs.iter().map(|(name, _)| name.split(" (").next().unwrap_or_default()).collect();
    println!("| loss | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()));
    for at in speeds {
        let times = |ours: Option<f64>, theirs: f64| match ours {
            Some(ours) if theirs > 0.0 => format!("{:.1}", ours / theirs),
            _ => "–".to_owned(),
        };
        let cells =
            at.theirs.iter().map(|(_, one)| format!("{}, {}", times(at.large, *one), times(Some(at.small), *one)));
        println!("| {} % | {} |", at.loss, cells.collect::<Vec<_>>().join(" | "));
    }
}

fn seconds(measured: &Measured) -> String {
    let took = measured.took.as_secs_f64();
    if measured.is_complete { format!("{took:.1}") } else { format!("given up after {took:.0}") }
}

/// Two cells: how late the line was, and how busy the machine.
fn late(measured: &Measured) -> String {
    let (worst, p99) = measured.report.lateness;
    let [processor, disk] = measured.starved.map(|share| share * 100.0);
    format!("{:.1}, {:.0} ms | {processor:.0}, {disk:.0} %", ms(p99), ms(worst))
}

fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
