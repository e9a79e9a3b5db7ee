//! Reading what people send: names and subjects in many spellings, text in many encodings, HTML as
//! text, files with their names and types, and the key by which a mail that comes twice is known.

use crate::mail::{MAILBOX, NOW, crlf, envelope, read, read_by, taken};
use channels::email::{EmailProvider, Envelope, MAX_MAIL, MailRefused, file_name, receive};
use channels::provider::{ParseFault, Threading};
use channels::{Provider, RawRequest, Rejection, Secrets, Verified};
use domain::time::Timestamp;
use http::{HeaderMap, Method};

fn mail(headers: &str, body: &str) -> String {
    format!("From: Ann <ann@customer.example>\nTo: {MAILBOX}\n{headers}\n\n{body}\n")
}

#[test]
fn a_plain_mail_is_a_message() {
    let read = read(&mail(
        "Subject: =?utf-8?B?R3LDvMOfZQ==?= from\n  Ann\nDate: Sun, 22 Nov 2026 12:00:00 +0200\n\
         Message-ID: <m1@customer.example>",
        "Hello,\n\nit is broken.\n",
    ));
    assert_eq!(read.from, "ann@customer.example");
    assert_eq!(read.name.as_deref(), Some("Ann"));
    assert_eq!(read.subject.as_deref(), Some("Grüße from Ann"));
    assert_eq!(read.body, "Hello,\n\nit is broken.");
    assert_eq!(read.occurred_at, Timestamp::from_micros(1_795_341_600_000_000));
    assert_eq!(read.external_id.len(), 64);
    assert_eq!(read.mail.thread.own_id.as_deref(), Some("m1@customer.example"));
    assert!(read.mail.attachments.is_empty() && read.mail.automatic.is_none());
    assert!(read.mail.quarantine.is_none() && !read.mail.truncated);
}

#[test]
fn a_mail_without_a_usable_header_still_says_what_is_known() {
    let read = read_by(&envelope(Some("Bob@X.example"), MAILBOX), b"just text, no header\r\n");
    assert_eq!(read.from, "bob@x.example");
    assert_eq!(read.occurred_at, NOW);
    assert_eq!((read.subject, read.name), (None, None));
    let raw = b"Subject: Hi\r\n\r\nHello\r\n";
    let fault = taken(&envelope(None, MAILBOX), raw).unwrap_err();
    assert_eq!((fault.field, fault.fault), ("from", ParseFault::Empty));
}

/// Ids that no answer could name: an answer that names the others can be sent.
#[test]
fn ids_that_could_not_be_named_in_an_answer_are_left_out() {
    let read = read(&mail(
        "Message-ID: <größe@customer.example>\nReferences: <one@x.example> <zwei\u{fc}@x.example>\n\
         In-Reply-To: <寸法@x.example>",
        "Hello",
    ));
    let thread = &read.mail.thread;
    assert_eq!(thread.own_id, None);
    assert_eq!(thread.references, ["one@x.example"]);
}

#[test]
fn what_was_not_taken_in_by_us_is_not_read() {
    for stored in ["", "x", "{}\nFrom: a@b\n", "{\"v\":2,\"to\":\"a@b.c\",\"at\":0}\nFrom: a@b\n"] {
        let verified = Verified::restore("k".to_owned(), stored.as_bytes().to_vec().into());
        let fault = EmailProvider.parse(&verified).unwrap_err();
        assert_eq!(fault.field, "envelope", "{stored}");
    }
}

#[test]
fn nothing_comes_by_http() {
    let body = Vec::new().into();
    let request = RawRequest::new(Method::POST, "/x", HeaderMap::new(), body).unwrap();
    let refused = EmailProvider.verify(&request, &Secrets::none(), NOW).unwrap_err();
    assert_eq!(refused, Rejection::Method);
    assert_eq!(EmailProvider.threading(), Threading::PerMessage);
}

#[test]
fn a_mail_that_comes_twice_has_one_key_and_another_mail_another() {
    let key = |recipient: &str, raw: &str| {
        let verified = receive(&envelope(Some("a@b.example"), recipient), raw.as_bytes());
        verified.unwrap().dedup_key().to_owned()
    };
    let raw = "Received: by one\r\nMessage-ID: <1@x>\r\nDate: today\r\nFrom: a@b.example\r\n\
        Subject: one\r\n two\r\n\r\nHello\r\n";
    let again = "Received: by two\r\nX-New: y\r\nmessage-id:  <1@x> \r\nDATE: today\r\n\
        from: a@b.example\r\nSubject:\r\n\tone\r\n\t two\r\n\r\nHello\r\n";
    assert_eq!(key(MAILBOX, raw), key(MAILBOX, again));
    assert_eq!(key(MAILBOX, raw), key("HELP@desk.example", again));
    for other in [
        raw.replace("<1@x>", "<2@x>"),
        raw.replace("today", "tomorrow"),
        raw.replace("a@b", "b@b"),
        raw.replace("two", "three"),
        raw.replace("Hello", "Hallo"),
        raw.replace("Hello\r\n", "Hello\r\n\r\n"),
    ] {
        assert_ne!(key(MAILBOX, raw), key(MAILBOX, &other), "{other}");
    }
    assert_ne!(key(MAILBOX, raw), key("sales@desk.example", raw));
}

#[test]
fn a_mail_without_an_id_is_the_same_only_to_the_byte() {
    let key_at = |sender: Option<&str>, raw: &str, seconds: i64| {
        let received_at = Timestamp::from_micros(NOW.micros() + seconds * 1_000_000);
        let envelope = Envelope { received_at, ..envelope(sender, MAILBOX) };
        receive(&envelope, raw.as_bytes()).unwrap().dedup_key().to_owned()
    };
    let form = "From: form@shop.example\r\nSubject: Question\r\n\r\nCall me back\r\n";
    let key = key_at(Some("www@shop.example"), form, 0);
    assert_eq!(key_at(Some("www@shop.example"), form, 60), key, "a relay that tries again");
    let others = [
        form.replace("form@", "other@"),
        form.replace("Question", "Order"),
        form.replace("back", "now"),
        format!("X-Ip: 192.0.2.1\r\n{form}"),
        form.replace("Subject", "Message-ID:\r\nSubject"),
        form.replace("Subject", "Date: today\r\nSubject"),
    ];
    for other in &others {
        assert_ne!(key_at(Some("www@shop.example"), other, 0), key, "{other}");
    }
    assert_ne!(key_at(Some("cron@shop.example"), form, 0), key, "somebody else");
    assert_ne!(key_at(None, form, 0), key);
    let day = 86_400;
    assert_ne!(key_at(Some("www@shop.example"), form, day), key, "the same words of tomorrow");
    let dated = &others[5];
    let dated_key = key_at(Some("www@shop.example"), dated, 0);
    assert_eq!(key_at(Some("www@shop.example"), dated, day), dated_key, "it says when it is from");
}

#[test]
fn an_empty_mail_says_that_it_is_empty() {
    let empty = "From: ann@customer.example\nTo: help@desk.example\nSubject: x\n\n \n";
    assert_eq!(read(empty).body, "[This mail has no text.]");
    let only_html =
        empty.replace("Subject: x", "Content-Type: text/html").replace(" \n", "<p> </p>");
    assert_eq!(read(&only_html).body, "[This mail has no text.]");
    let file = "--m\nContent-Type: image/png\n\nx\n--m--\n";
    let with_file = read(&mail(MIXED, file));
    assert_eq!((with_file.body.as_str(), with_file.mail.attachments.len()), ("", 1));
}

#[test]
fn a_file_without_a_name_ends_as_its_type_does() {
    for (kind, bytes, name) in [
        ("application/x-log", "plain words", "attachment-1.txt"),
        ("application/x-web", "<html><p>x</p></html>", "attachment-1.html"),
        ("application/x-sketch", "<svg xmlns='x'/>", "attachment-1.svg"),
        ("application/json", "{}", "attachment-1.txt"),
        ("message/rfc822", "From: a@b.example\n\nx", "attachment-1.eml"),
    ] {
        let body = format!("--m\nContent-Type: {kind}\n\n{bytes}\n--m--\n");
        assert_eq!(read(&mail(MIXED, &body)).mail.attachments[0].name, name, "{kind}");
    }
}

#[test]
fn what_is_too_large_is_not_taken_in() {
    let envelope_of = |recipient: &str| envelope(None, recipient);
    let large = vec![b'x'; MAX_MAIL + 1];
    assert_eq!(receive(&envelope_of(MAILBOX), &large), Err(MailRefused::TooLarge));
    let long = format!("{}@x.example", "a".repeat(600));
    assert_eq!(receive(&envelope_of(&long), b"x"), Err(MailRefused::Address));
}

#[test]
fn names_that_claim_another_address_are_not_shown() {
    for (from, name) in [
        ("\"Ann O'Neil\" <ann@customer.example>", Some("Ann O'Neil")),
        ("\"ann@customer.example\" <ann@customer.example>", Some("ann@customer.example")),
        ("\"boss@desk.example\" <ann@customer.example>", None),
        ("\"Boss <boss@desk.example>\" <ann@customer.example>", None),
        ("=?utf-8?Q?Ann=0D=0ABcc=3A_x?= <ann@customer.example>", Some("Ann Bcc: x")),
        ("=?utf-8?B?4oCuZXZpbA==?= <ann@customer.example>", Some("evil")),
        ("ann@customer.example", None),
    ] {
        let raw = format!("From: {from}\nTo: {MAILBOX}\n\nHello\n");
        let read = read(&raw);
        assert_eq!(read.name.as_deref(), name, "{from}");
        assert_eq!(read.from, "ann@customer.example", "{from}");
    }
}

#[test]
fn text_is_read_in_every_encoding() {
    for (headers, body, expected) in [
        ("Content-Type: text/plain; charset=utf-8", "Grüße 👍".as_bytes(), "Grüße 👍"),
        ("Content-Type: text/plain; charset=iso-8859-1", b"Gr\xfc\xdfe", "Grüße"),
        ("Content-Type: text/plain; charset=windows-1251", b"\xcf\xf0\xe8\xe2\xe5\xf2", "Привет"),
        ("Content-Type: text/plain; charset=shift_jis", b"\x83n\x83\x8d\x81[", "ハロー"),
        ("Content-Type: text/plain; charset=iso-2022-jp", b"\x1b$B%O%m!<\x1b(B", "ハロー"),
        ("Content-Type: text/plain; charset=no-such", b"Gr\xfc\xdfe", "Grüße"),
        ("X-Nothing: x", b"Gr\xfc\xdfe", "Grüße"),
        (
            "Content-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: quoted-printable",
            b"Gr=C3=BC=C3=9Fe, so l=\r\nang",
            "Grüße, so lang",
        ),
        (
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: BASE64",
            b"R3LD\r\nvMOfZQ",
            "Grüße",
        ),
        ("Content-Transfer-Encoding: quoted-printable", b"100% =ZZ sure", "100% =ZZ sure"),
        ("Content-Type: text/plain; charset=utf-8", b"a\x00b\x07c\rd", "abc\nd"),
    ] {
        let head = format!("From: ann@customer.example\r\nTo: {MAILBOX}\r\n{headers}\r\n\r\n");
        let raw = [head.as_bytes(), body].concat();
        let read = read_by(&envelope(Some("ann@customer.example"), MAILBOX), &raw);
        assert_eq!(read.body, expected, "{headers}");
    }
}

#[test]
fn html_becomes_what_a_reader_would_see() {
    for (html, expected) in [
        ("<p>Hello <b>Ann</b></p><p>Bye</p>", "Hello Ann\n\nBye"),
        ("a<br>b<BR/>c", "a\nb\nc"),
        ("<ul><li>one<li>two</ul>", "- one\n- two"),
        ("<style>p{}</style><script>alert('</p>')</script><title>t</title>x", "x"),
        (
            "<head><meta></head><body>x &amp; y &lt;z&gt; &eacute;&#33;&#x21;</body>",
            "x & y <z> é!!",
        ),
        ("<!-- hidden <p>no</p> -->x", "x"),
        ("1 < 2 && 3 > 2", "1 < 2 && 3 > 2"),
        ("<a href=\"https://x.example/a\">here</a>", "here (https://x.example/a)"),
        ("<a href='javascript:alert(1)'>here</a>", "here"),
        ("<a href=\"mailto:a@b.example\">a@b.example</a>", "a@b.example"),
        ("<img src=\"https://x.example/p.gif\">x", "x"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("x <a title=\"a>b\" href=x>y</a", "x y"),
        ("<p>unfinished <b", "unfinished"),
        ("<script>never ends", "[This mail has no text.]"),
        ("&nosuch; &; &#xD800; &#0;", "&nosuch; &; \u{fffd}"),
        ("<pre>a  b\n  c</pre>", "a  b\n  c"),
    ] {
        let read = read(&mail("Content-Type: text/html; charset=utf-8", html));
        assert_eq!(read.body, expected, "{html}");
    }
}

const MIXED: &str = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"m\"";

#[test]
fn plain_text_goes_before_html_and_what_hangs_on_it_is_kept() {
    let body = "preamble\n--m\nContent-Type: multipart/alternative; boundary=a\n\n\
        --a\nContent-Type: text/plain\n\nplain\n--a\n\
        Content-Type: multipart/related; boundary=r\n\n\
        --r\nContent-Type: text/html\n\n<p>html</p>\n--r\n\
        Content-Type: image/png\nContent-ID: <i>\nContent-Transfer-Encoding: base64\n\n\
        iVBORw0KGgoAAAANSUhEUg==\n--r--\n--a--\n\
        --m\nContent-Type: text/plain\n\nfooter\n\
        --m\nContent-Type: application/pdf; name=\"bill.pdf\"\n\
        Content-Disposition: attachment\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQK\n\
        --m\nContent-Type: message/rfc822\n\nFrom: x@y.example\nSubject: inner\n\ninner\n\
        --m--\nepilogue";
    let read = read(&mail(MIXED, body));
    assert_eq!(read.body, "plain\n\nfooter");
    let files: Vec<_> = read
        .mail
        .attachments
        .iter()
        .map(|f| (f.name.as_str(), f.declared_type.as_str(), f.media_type.as_str(), f.inline))
        .collect();
    assert_eq!(
        files,
        [
            ("attachment-1.png", "image/png", "image/png", true),
            ("bill.pdf", "application/pdf", "application/pdf", false),
            ("attachment-3.eml", "message/rfc822", "text/plain", false),
        ]
    );
    assert_eq!(&read.mail.attachments[1].bytes[..], b"%PDF-1.4\n");
}

#[test]
fn html_alone_in_an_alternative_is_shown() {
    let body =
        "--m\nContent-Type: text/plain\n\n  \n--m\nContent-Type: text/html\n\n<b>x</b>\n--m--";
    let headers = "Content-Type: multipart/alternative; boundary=m";
    assert_eq!(read(&mail(headers, body)).body, "x");
}

#[test]
fn file_names_are_read_in_every_form_and_made_harmless() {
    for (parameter, expected) in [
        ("filename=\"report.pdf\"", "report.pdf"),
        ("filename*=utf-8''%E2%82%AC%20rates.txt", "€ rates.txt"),
        ("filename*0*=utf-8''%E2%82%AC; filename*1=\" rates.txt\"", "€ rates.txt"),
        ("filename=\"=?utf-8?B?R3LDvMOfZS50eHQ=?=\"", "Grüße.txt"),
        ("filename=\"../../etc/passwd\"", "passwd"),
        ("filename=\"C:\\\\Windows\\\\evil.exe\"", "evil.exe"),
        ("filename=\"..\"", "attachment"),
        ("filename=\".htaccess\"", "htaccess"),
        ("filename*=utf-8''photo%E2%80%AEgpj.exe", "photogpj.exe"),
        ("filename*=utf-8''a%00b%0D%0Ac.txt", "abc.txt"),
        ("filename=\"a<b>:c|d?.txt\"", "a_b__c_d_.txt"),
    ] {
        let body = format!(
            "--m\nContent-Type: application/x-thing\n\
             Content-Disposition: attachment; {parameter}\n\n\
             data\n--m--"
        );
        let read = read(&mail(MIXED, &body));
        assert_eq!(read.mail.attachments[0].name, expected, "{parameter}");
    }
    let long = format!("{}.pdf", "x".repeat(10_000));
    let cut = file_name(&long);
    assert_eq!(cut.chars().count(), 120);
    assert!(cut.ends_with("x.pdf"));
}

#[test]
fn the_type_is_what_the_bytes_show() {
    let cases: [(&str, &[u8], &str); 6] = [
        (
            "image/png",
            b"MZ\x90\x00\x03\x00\x00\x00",
            "application/vnd.microsoft.portable-executable",
        ),
        ("text/plain", b"<html><script>x</script></html>", "text/html"),
        ("image/png", b"<svg xmlns='x' onload='y'/>", "image/svg+xml"),
        ("image/png", b"\x89PNG\r\n\x1a\n....", "image/png"),
        ("image/png", b"plain words", "text/plain"),
        ("image/png", b"\x00\x01\x02\x03", "application/octet-stream"),
    ];
    for (declared, bytes, shown) in cases {
        let encoded: String = bytes.iter().map(|byte| format!("={byte:02X}")).collect();
        let body = format!(
            "--m\nContent-Type: {declared}; name=x\nContent-Disposition: attachment\n\
             Content-Transfer-Encoding: quoted-printable\n\n{encoded}\n--m--"
        );
        let read = read(&mail(MIXED, &body));
        let file = &read.mail.attachments[0];
        assert_eq!((file.declared_type.as_str(), file.media_type.as_str()), (declared, shown));
        assert_eq!(&file.bytes[..], bytes);
    }
}

#[test]
fn nothing_of_a_mail_is_in_a_debug_text() {
    let raw = crlf(&mail(
        "Subject: secret-word\nMessage-ID: <secret-word@x>\nReferences: <secret-word@y>",
        "secret-word",
    ));
    let raw = raw.replace("Ann", "secret-word");
    let envelope = envelope(Some("secret-word@x.example"), MAILBOX);
    let event = taken(&envelope, raw.as_bytes()).unwrap();
    for text in [format!("{event:?}"), format!("{envelope:?}")] {
        assert!(!text.contains("secret-word") && !text.contains("desk.example"), "{text}");
    }
}
