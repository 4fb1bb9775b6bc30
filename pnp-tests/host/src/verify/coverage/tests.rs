use super::*;

/// Two functions, three blocks of which the second was not reached, on lines 1 and 2 of `a.c`.
fn coverage(with_lines: bool) -> Reached {
    let block = |start, end, function| Block { start, end, function };
    let blocks = Blocks {
        list: vec![block(0x10, 0x14, 0x10), block(0x14, 0x18, 0x10), block(0x20, 0x24, 0x20)],
        functions: vec![0x10, 0x20],
        ..Blocks::default()
    };
    let at = |rva, line| (rva, Some(("a<b>.c".to_owned(), line)));
    // The first block begins on line 1 and ends on line 2; the second lies on line 2 alone.
    let lines = [at(0x10, 1), at(0x12, 2), (0x18, None), at(0x20, 9), (0x24, None)];
    let lines = with_lines.then_some(&lines[..]);
    let name = |rva| format!("f{rva:x}");
    Reached::build(&blocks, &BTreeSet::from([0x10]), lines, name, "d.sys")
}

#[test]
fn a_line_is_reached_when_one_of_its_blocks_is() {
    let coverage = coverage(true);
    let lines = &coverage.files["a<b>.c"];
    assert_eq!(lines[&1], Line(vec![true]));
    assert_eq!(lines[&2], Line(vec![true, false]));
    assert_eq!(lines[&9], Line(vec![false]));
    assert_eq!(coverage.lines(), Ratio { reached: 2, all: 3 });
    assert_eq!(coverage.blocks(), Ratio { reached: 1, all: 3 });
    let never: Vec<_> = coverage.never_entered().map(|function| &*function.name).collect();
    assert_eq!(never, ["f20"]);
}

#[test]
fn a_tracefile_has_functions_blocks_and_lines() {
    let expected = "TN:\nSF:a<b>.c\nFN:1,f10\nFN:9,f20\nFNDA:1,f10\nFNDA:0,f20\nFNF:2\nFNH:1\n\
        BRDA:2,0,0,1\nBRDA:2,0,1,0\nBRF:2\nBRH:1\nDA:1,1\nDA:2,1\nDA:9,0\nLF:3\nLH:2\n\
        end_of_record\n";
    assert_eq!(coverage(true).render(Format::Lcov, "d"), expected);
}

#[test]
fn xml_of_cobertura_escapes_names_and_counts_the_same() {
    let xml = coverage(true).render(Format::Cobertura, "d");
    for part in [
        "line-rate=\"0.6666\" branch-rate=\"0.5000\" lines-covered=\"2\" lines-valid=\"3\"",
        "<class name=\"a&lt;b&gt;.c\" filename=\"a&lt;b&gt;.c\"",
        "<line number=\"2\" hits=\"1\" branch=\"true\" condition-coverage=\"50% (1/2)\"/>",
        "<line number=\"9\" hits=\"0\"/>",
        "<method name=\"f20\" signature=\"\" line-rate=\"0.0000\" branch-rate=\"0.0000\">",
    ] {
        assert!(xml.contains(part), "{part} in\n{xml}");
    }
}

#[test]
fn without_symbols_a_line_is_the_rva_of_a_block_in_the_image() {
    let coverage = coverage(false);
    let lines = coverage.files["d.sys"].iter().map(|(rva, line)| (*rva, line.is_reached()));
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines, [(0x10, true), (0x14, false), (0x20, false)]);
    assert_eq!(coverage.functions[1].place, ("d.sys".to_owned(), 0x20));
}

#[test]
fn the_files_name_says_the_format_unless_told_otherwise() {
    assert_eq!(Format::of(Path::new("a/cover.XML")), Format::Cobertura);
    assert_eq!(Format::of(Path::new("cover.info")), Format::Lcov);
}
