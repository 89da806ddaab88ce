//! Files of other shapes: encodings, separators, titles, two rows of headings, units, percents, JSON, workbooks.

use jiff::civil::date;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use xunjian_domain::{
    decimal::Decimal,
    monitoring::{Capacity, MonitoredKind, PluginState, PowerState},
};

use super::{assert_sums, csv, import, listed, named};
use xunjian_ledger::{
    import::ImportError,
    monitoring::{Code, Column, Options, Spelling, read},
};

fn decimal(text: &str) -> Option<Decimal> {
    Some(text.parse().expect("a decimal"))
}

const PLAIN: &str = "虚拟机名称,归属单位,采集时间,CPU使用率,内存使用率\nvm-1,云山市财政局,2026-11-15 10:00,7.9%,9.5%\n";

#[test]
fn encodings_and_separators_are_told_apart() {
    let gbk = encoding_rs::GBK.encode(PLAIN).0.into_owned();
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(PLAIN.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let marked = [&b"\xef\xbb\xbf"[..], PLAIN.as_bytes()].concat();
    let files = [
        PLAIN.as_bytes().to_vec(),
        marked,
        gbk,
        utf16,
        PLAIN.replace(',', ";").into_bytes(),
        PLAIN.replace(',', "\t").into_bytes(),
        PLAIN.replace('\n', "\r\n").into_bytes(),
    ];
    let first = import(&csv(PLAIN)).samples;
    for (at, bytes) in files.into_iter().enumerate() {
        let imported = import(&named("监控.csv", bytes));
        assert_eq!(imported.samples, first, "file {at}");
    }
    let [sample] = &first[..] else { panic!("one row") };
    assert_eq!((sample.row, sample.kind), (2, Some(MonitoredKind::VirtualMachine)), "the heading of the names says so");
    assert_eq!(sample.collected_at, date(2026, 11, 15).at(10, 0, 0, 0));
    assert_eq!((sample.cpu.current.clone(), sample.memory.current.clone()), (decimal("7.9"), decimal("9.5")));
}

#[test]
fn a_title_gives_the_moment_and_two_rows_of_headings_are_one() {
    let imported = import(&csv("云山市政务云资源监控周报,,,,,,,,\n\
         统计周期：2026-11-09 至 2026-11-15,,,,,,,,\n\
         序号,物理服务器名称,CPU使用率(%),,,,内存使用率(%),,插件状态\n\
         ,,当前,平均,峰值,波谷,平均,峰值,\n\
         1,node-1,50,40.5,91,7.9,60,70,正常\n\
         合计,,,,,,,,\n"));
    let [sample] = &imported.samples[..] else { panic!("{:?}", imported.report) };
    assert_eq!((imported.report.rows, sample.row), (1, 5), "the total is no row");
    assert_eq!(sample.collected_at, date(2026, 11, 15).at(0, 0, 0, 0), "the end of the period");
    assert_eq!(sample.cpu.current, decimal("50"));
    assert_eq!(sample.cpu.average, decimal("40.5"));
    assert_eq!((sample.cpu.peak.clone(), sample.cpu.trough.clone()), (decimal("91"), decimal("7.9")));
    assert_eq!((sample.memory.current.clone(), sample.memory.average.clone()), (None, decimal("60")));
    assert_eq!((sample.kind, sample.plugin), (Some(MonitoredKind::PhysicalMachine), Some(PluginState::Normal)));
    let table = &imported.tables[0];
    assert_eq!((table.header_row, table.rows), (3, 1));
    let column = table.columns.iter().find(|column| column.heading.ends_with("波谷")).expect("the fourth value");
    assert_eq!(column.column.map(|column| column.to_string()).as_deref(), Some("cpu_trough"));
    assert_eq!(column.spelling, Some(Spelling::Percent), "the heading has the sign");
}

#[test]
fn percents_are_read_by_the_column() {
    let column = |heading: &str, cells: &[&str]| {
        let rows: String = cells.iter().enumerate().map(|(at, cell)| format!("vm-{at},2026-11-15,{cell}\n")).collect();
        import(&csv(&format!("虚拟机名称,采集时间,{heading}\n{rows}")))
    };
    let values = |imported: &xunjian_ledger::monitoring::Imported| -> Vec<String> {
        imported.samples.iter().filter_map(|sample| sample.cpu.current.as_ref()).map(ToString::to_string).collect()
    };
    assert_eq!(values(&column("CPU使用率", &["85%", "0.85%"])), ["85", "0.85"]);
    assert_eq!(values(&column("CPU使用率", &["0.85", "0.0799"])), ["85", "7.99"], "all of them fractions");
    assert_eq!(values(&column("CPU使用率", &["85", "0.85"])), ["85", "0.85"], "one is above 1: all are percents");
    assert_eq!(values(&column("CPU使用率(%)", &["0.85", "0.4"])), ["0.85", "0.4"], "the heading says so");
    let mixed = column("CPU使用率", &["85%", "0.85", "0"]);
    assert_eq!(values(&mixed), ["85", "0"], "nothing is guessed");
    assert_eq!(listed(&mixed.report)[&Code::UnclearUsage], [3]);
    let wrong = column("CPU使用率", &["101%", "-1", "很高", "#DIV/0!", "50", ""]);
    assert_eq!(listed(&wrong.report)[&Code::BadUsage], [2, 3, 4, 5]);
    assert_eq!(listed(&wrong.report)[&Code::NothingMeasured], [2, 3, 4, 5, 7]);
    assert_eq!((wrong.report.imported, wrong.report.skipped), (1, 5));

    let unclear = csv("虚拟机名称,采集时间,CPU使用率\nvm-1,2026-11-15,1\n");
    assert_eq!(listed(&import(&unclear).report)[&Code::UnclearUsage], [2], "1 may be all of it");
    for (spelling, expected) in [(Spelling::Percent, "1"), (Spelling::Fraction, "100")] {
        let options = Options { spelling: Some(spelling), ..Options::default() };
        assert_eq!(values(&read(&unclear, &options).expect("readable")), [expected]);
    }
}

#[test]
fn capacities_need_units_and_what_is_used_gives_the_usage() {
    let imported = import(&csv("虚拟机名称,采集时间,存储容量(GB),存储已用(GB),租赁盘阵空间,盘阵使用率\n\
         vm-1,2026-11-15,1000,199.999,1TB,29%\n\
         vm-2,2026-11-15,500,600,500,10%\n\
         vm-3,2026-11-15,1TiB,,10 TB,40%\n\
         vm-4,2026-11-15,很大,1,,\n"));
    let [first, second, third] = &imported.samples[..] else { panic!("{:?}", imported.report) };
    let tb = |bytes| Some(Capacity::of_bytes(bytes));
    assert_eq!(first.storage_capacity, tb(1_000_000_000_000));
    assert_eq!((first.storage.current.clone(), first.array_capacity), (decimal("19.9999"), tb(1_000_000_000_000)));
    assert_eq!((second.storage.current.clone(), second.array_capacity), (None, None));
    assert_eq!(third.storage_capacity, tb(1_099_511_627_776), "binary units are binary");
    let listed = listed(&imported.report);
    assert_eq!(listed[&Code::BadUsage], [3], "more is used than there is");
    assert_eq!(listed[&Code::NoUnit], [3], "500 of what?");
    assert_eq!((&listed[&Code::BadCapacity], &listed[&Code::NothingMeasured]), (&vec![5], &vec![5]));
}

#[test]
fn delays_shutdowns_and_states_are_read_or_listed() {
    let imported = import(&csv(
        "虚拟机名称,采集时间,名称同步时间(分钟),IP同步时间,状态,电源状态,关机时间,关机天数,腾退状态,插件状态\n\
         vm-1,2026-11-30 10:00,15,2026-11-30 09:44:59,在用,已关机,2026-11-15 10:00,15天,未腾退,待安装\n\
         vm-2,2026-11-30 10:00,15.01,2026-11-30 10:00:01,在用,挂起,上周,许多,处理中,离线\n\
         vm-3,2026-11-30 10:00,,,在用,挂起,,,,离线\n",
    ));
    let [first, second] = &imported.samples[..] else { panic!("{:?}", imported.report) };
    assert_eq!((first.name_sync_seconds, first.address_sync_seconds), (Some(900), Some(901)));
    assert_eq!((first.power, first.off_days, first.is_vacated), (Some(PowerState::Off), Some(15), Some(false)));
    assert_eq!(first.off_since, Some(date(2026, 11, 15).at(10, 0, 0, 0)));
    assert_eq!(first.plugin, Some(PluginState::ToInstall));
    assert_eq!((second.name_sync_seconds, second.address_sync_seconds), (Some(901), None));
    let listed = listed(&imported.report);
    assert_eq!(listed[&Code::BadDelay], [3], "synchronised after it was collected");
    assert_eq!((&listed[&Code::BadOffSince], &listed[&Code::BadNumber]), (&vec![3], &vec![3]));
    assert_eq!(listed[&Code::UnknownState], [3, 3, 3], "each word once: 挂起, 处理中, 离线");
    assert_eq!(listed[&Code::NothingMeasured], [4]);
}

#[test]
fn rows_without_name_or_moment_and_repeated_ones_are_skipped() {
    let text = "虚拟机名称,采集时间,CPU使用率\n\
         ,2026-11-15,5%\n\
         vm-1,,5%\n\
         vm-1,去年,5%\n\
         vm-1,2026-11-15,5%\n\
         vm-1,2026-11-15 00:00,6%\n\
         vm-1,2026-11-16,6%\n";
    let imported = import(&csv(text));
    let listed = listed(&imported.report);
    assert_eq!((&listed[&Code::NoIdentity], &listed[&Code::NoTime]), (&vec![2], &vec![3]));
    assert_eq!((&listed[&Code::BadTime], &listed[&Code::Repeated]), (&vec![4], &vec![6]));
    assert_eq!((imported.report.rows, imported.report.imported, imported.report.skipped), (6, 2, 4));
    let said = Options { collected_at: Some(date(2026, 11, 17).at(0, 0, 0, 0)), ..Options::default() };
    let told = read(&csv(text), &said).expect("readable");
    assert_sums(&told);
    assert_eq!(told.report.imported, 3, "what a person says of the file fills the gap");
}

#[test]
fn english_exports_and_json_are_read() {
    let english = import(&csv(
        "VM Name,Tenant,Timestamp,vCPU,CPU Usage Avg (%),Mem Usage Max (%),Disk Total GB,Disk Used GB,Power State,Agent Status\n\
         vm-1,Unit A,2026-11-15T02:00:00Z,8,4.5,61,2048,1024,poweredOn,Normal\n",
    ));
    let [sample] = &english.samples[..] else { panic!("{:?}", english.report) };
    assert_eq!((sample.cpu_cores, sample.cpu.average.clone()), (Some(8), decimal("4.5")));
    assert_eq!((sample.memory.peak.clone(), sample.storage.current.clone()), (decimal("61"), decimal("50")));
    assert_eq!((sample.power, sample.collected_at), (Some(PowerState::On), date(2026, 11, 15).at(10, 0, 0, 0)));
    let json =
        r#"[{"name": "vm-1", "serial": "X1", "timestamp": "2026-11-15 10:00", "cpu_usage": 12.5, "memory_usage": 30}]"#;
    let imported = import(&named("export.json", json.as_bytes()));
    let [sample] = &imported.samples[..] else { panic!("{:?}", imported.report) };
    assert_eq!((sample.cpu.current.clone(), sample.identity.serial.as_str()), (decimal("12.5"), "X1"));
}

fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let moment = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    let percent = Format::new().set_num_format("0.00%");
    let cover = book.add_worksheet();
    cover.set_name("封面").expect("a name").write(0, 0, "云山市政务云监控报告").expect("a cell");
    let sheet = book.add_worksheet();
    sheet.set_name("虚拟机").expect("a name");
    sheet.merge_range(0, 0, 0, 6, "政务云资源监控明细", &Format::new()).expect("a title");
    sheet.merge_range(1, 0, 2, 0, "名称", &Format::new()).expect("two rows");
    sheet.merge_range(1, 1, 2, 1, "所属集群", &Format::new()).expect("two rows");
    sheet.merge_range(1, 2, 2, 2, "采集时间", &Format::new()).expect("two rows");
    sheet.merge_range(1, 3, 1, 6, "CPU使用率", &Format::new()).expect("four columns");
    for (at, value) in (3_u16..).zip(["当前", "平均", "峰值", "波谷"]) {
        sheet.write(2, at, value).expect("a cell");
    }
    sheet.merge_range(3, 1, 4, 1, "政务一区", &Format::new()).expect("two machines");
    let at = ExcelDateTime::from_ymd(2026, 11, 15).expect("a day").and_hms(10, 0, 5).expect("a moment");
    for (row, name) in [(3_u32, "vm-1"), (4, "vm-2")] {
        sheet.write(row, 0, name).expect("a cell");
        sheet.write_with_format(row, 2, &at, &moment).expect("a moment");
        for (column, value) in (3_u16..).zip([0.5, 0.0799, 0.91, 0.02]) {
            sheet.write_with_format(row, column, value, &percent).expect("a cell");
        }
    }
    book.save_to_buffer().expect("a workbook")
}

#[test]
fn a_workbook_with_cover_merged_headings_and_percent_format_is_read() {
    let file = named("监控.xlsx", workbook());
    let imported = import(&file);
    let [first, second] = &imported.samples[..] else { panic!("{:?}", imported.report) };
    assert_eq!((first.row, first.sheet.as_str(), first.kind), (4, "虚拟机", Some(MonitoredKind::VirtualMachine)));
    assert_eq!((second.identity.name.as_str(), second.identity.cluster.as_str()), ("vm-2", "政务一区"), "merged down");
    assert_eq!(first.collected_at, date(2026, 11, 15).at(10, 0, 5, 0), "the time of day is kept");
    assert_eq!((first.cpu.average.clone(), first.cpu.trough.clone()), (decimal("7.99"), decimal("2")));
    assert_eq!(imported.passed_over.len(), 1, "the cover");
    let wanted = |sheet: &str| read(&file, &Options { sheet: Some(sheet.to_owned()), ..Options::default() });
    assert_eq!(wanted("虚拟机").expect("the sheet").samples, imported.samples);
    assert!(matches!(wanted("封面"), Err(ImportError::NoHeader { .. })), "a sheet without data");
    let error = wanted("没有").expect_err("no such sheet");
    assert!(error.text().zh.contains("封面、虚拟机"), "{}", error.text().zh);
    assert!(import(&file).tables[0].columns.iter().any(|column| column.column == Some(Column::Cluster)));
}

#[test]
fn a_file_without_monitoring_data_is_refused_with_what_to_do() {
    for file in
        [csv("机房,机柜\n一号,A01\n"), csv(""), csv("虚拟机名称,集群\nvm,一区\n"), named("x.csv", vec![0xff; 9])]
    {
        let error = read(&file, &Options::default()).expect_err("no data");
        let text = error.text();
        assert!(text.zh.ends_with('。') && text.en.ends_with('.'), "{text:?}");
    }
}

#[test]
fn the_columns_of_one_thing_are_spelled_alike() {
    let idle = import(&csv(
        "虚拟机名称,采集时间,CPU峰值使用率,CPU波谷使用率\nvm-1,2026-11-15,35,0.3\nvm-2,2026-11-15,12,0.9\n",
    ));
    let troughs: Vec<_> = idle.samples.iter().map(|sample| sample.cpu.trough.clone()).collect();
    assert_eq!(troughs, [decimal("0.3"), decimal("0.9")], "the peaks are percents");
    let over = import(&csv("虚拟机名称,采集时间,CPU使用率\nvm-1,2026-11-15,0.85\nvm-2,2026-11-15,1.02\n"));
    assert_eq!(listed(&over.report)[&Code::UnclearUsage], [2, 3], "1.02 is a little, or more than all");
}

#[test]
fn what_is_free_or_read_in_a_second_or_raises_an_alarm_is_not_what_is_used() {
    let imported = import(&csv(
        "虚拟机名称,采集时间,CPU空闲率(%),CPU使用率(%),CPU使用率告警阈值(%),磁盘剩余空间(GB),磁盘总空间(GB),磁盘已用空间(GB),磁盘读速率(MB/s)\n\
         vm-1,2026-11-15,95,5,90,600,1000,400,120\n",
    ));
    let [sample] = &imported.samples[..] else { panic!("{:?}", imported.report) };
    assert_eq!((sample.cpu.current.clone(), sample.storage.current.clone()), (decimal("5"), decimal("40")));
    assert_eq!(sample.storage_capacity, Some(Capacity::of_bytes(1_000_000_000_000)));
    let unread = imported.tables[0].columns.iter().filter(|column| column.column.is_none()).count();
    assert_eq!(unread, 4, "and the report says which columns were not read");
}

#[test]
fn rows_that_measure_something_else_of_one_resource_and_moment_are_no_repetition() {
    let mut book = Workbook::new();
    let sheets: [(&str, [&str; 3], [&str; 3]); 4] = [
        ("CPU", ["虚拟机名称", "采集时间", "CPU使用率"], ["vm-1", "2026-11-15 10:00", "5%"]),
        ("存储", ["虚拟机名称", "采集时间", "磁盘使用率"], ["vm-1", "2026-11-15 10:00", "9%"]),
        ("又一次", ["虚拟机名称", "采集时间", "磁盘使用率"], ["vm-1", "2026-11-15 10:00", "8%"]),
        ("物理机", ["物理机名称", "采集时间", "CPU使用率"], ["vm-1", "2026-11-15 10:00", "6%"]),
    ];
    for (name, headings, cells) in sheets {
        let sheet = book.add_worksheet();
        sheet.set_name(name).expect("a name");
        sheet.write_row(0, 0, headings).expect("headings");
        sheet.write_row(1, 0, cells).expect("a row");
    }
    let imported = import(&named("监控.xlsx", book.save_to_buffer().expect("a workbook")));
    assert_eq!((imported.report.rows, imported.report.imported, imported.report.skipped), (4, 3, 1));
    let repeated = imported.report.problems.iter().find(|one| one.code == Code::Repeated).expect("the third sheet");
    assert_eq!((repeated.sheet.as_str(), repeated.row), ("又一次", 2));
    assert!(repeated.message.zh.contains("工作表“存储”第 2 行"), "{}", repeated.message.zh);
}

#[test]
fn a_list_of_power_states_is_monitoring_data() {
    let imported = import(&csv("虚拟机名称,采集时间,电源状态,最近关机时间\n\
         vm-1,2026-11-30 10:00,关机,2026-11-10 08:00\n\
         vm-2,2026-11-30 10:00,运行,2026-01-10 08:00\n"));
    let [off, on] = &imported.samples[..] else { panic!("{:?}", imported.report) };
    assert_eq!((off.power, off.off_since), (Some(PowerState::Off), Some(date(2026, 11, 10).at(8, 0, 0, 0))));
    assert_eq!((on.power, on.off_since), (Some(PowerState::On), None), "it runs again");
}

#[test]
fn a_kind_of_no_known_meaning_is_listed_once() {
    let imported = import(&csv("名称,采集时间,资源类型,CPU使用率\n\
         app,2026-11-22,小程序,5%\n\
         job,2026-11-22,小程序,5%\n\
         ecs,2026-11-22,弹性云服务器,5%\n"));
    assert_eq!(listed(&imported.report)[&Code::UnknownKind], [2]);
    let kinds: Vec<_> = imported.samples.iter().map(|sample| sample.kind).collect();
    assert_eq!(kinds, [None, None, Some(MonitoredKind::VirtualMachine)]);
}

#[test]
fn what_was_collected_later_than_now_is_skipped() {
    let file = csv("虚拟机名称,采集时间,CPU使用率\nvm-1,2062-11-22,5%\nvm-2,2026-11-22 10:00,5%\n");
    let options = Options { latest: Some(date(2026, 11, 23).at(12, 0, 0, 0)), ..Options::default() };
    let imported = read(&file, &options).expect("readable");
    assert_sums(&imported);
    assert_eq!((imported.samples.len(), &listed(&imported.report)[&Code::InFuture]), (1, &vec![2]));
}

#[test]
fn a_day_says_nothing_of_minutes() {
    let imported = import(&csv("虚拟机名称,采集时间,CPU使用率,最近同步时间\n\
         vm-1,2026-11-22,5%,2026-11-21 23:50\n\
         vm-2,2026-11-22 10:00,5%,2026-11-22\n\
         vm-3,2026-11-22 00:00,5%,2026-11-21 23:50\n"));
    let delays: Vec<_> = imported.samples.iter().map(|sample| sample.name_sync_seconds).collect();
    assert_eq!(delays, [None, None, Some(600)], "midnight is a time where somebody wrote it");
    // Both the name and the address are asked for, and the sentence stands once for the column.
    assert_eq!(listed(&imported.report)[&Code::BadDelay], [2, 3]);
    let seconds = import(&csv("虚拟机名称,采集时间,同步时间（秒）\nvm-1,2026-11-22 10:00,45000\n"));
    assert_eq!(seconds.samples[0].name_sync_seconds, Some(45_000), "no day of a spreadsheet");
}
