"""Delivery reports in the shapes of several servers. `{path}` is the return path of a letter,
`{address}` the mailbox it did not reach.
"""

POSTFIX = """\
Return-Path: <>
X-Original-To: {path}
Delivered-To: {path}
Received: by mx.gate.example.tw (Postfix) id 4Zx1; Mon, 23 Nov 2026 08:31:07 +0800 (CST)
Date: Mon, 23 Nov 2026 08:31:07 +0800 (CST)
From: MAILER-DAEMON@mx.gate.example.tw (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {path}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4Zx0.1795393867/mx.gate.example.tw"

This is a MIME-encapsulated message.

--4Zx0.1795393867/mx.gate.example.tw
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

This is the mail system at host mx.gate.example.tw.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.

--4Zx0.1795393867/mx.gate.example.tw
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.gate.example.tw
X-Postfix-Queue-ID: 4Zx0
Arrival-Date: Mon, 23 Nov 2026 08:31:05 +0800 (CST)

Final-Recipient: rfc822; {address}
Original-Recipient: rfc822;{address}
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.example.org
Diagnostic-Code: smtp; 550 5.1.1 <{address}>: Recipient address rejected: User
    unknown in virtual mailbox table

--4Zx0.1795393867/mx.gate.example.tw
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Return-Path: <{path}>
From: gate <no-reply@gate.example.tw>
Subject: =?utf-8?b?5bCP5piO?=

--4Zx0.1795393867/mx.gate.example.tw--
"""

GOOGLE = """\
Delivered-To: {path}
Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: {path}
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
Content-Type: multipart/report; boundary="00000000000007a2"; report-type=delivery-status
MIME-Version: 1.0

--00000000000007a2
Content-Type: multipart/related; boundary="00000000000008b3"

--00000000000008b3
Content-Type: multipart/alternative; boundary="00000000000009c4"

--00000000000009c4
Content-Type: text/plain; charset="UTF-8"

** Address not found **

--00000000000009c4
Content-Type: text/html; charset="UTF-8"

<p>Address not found</p>

--00000000000009c4--
--00000000000008b3--
--00000000000007a2
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Sun, 22 Nov 2026 16:31:05 -0800 (PST)
X-Original-Message-ID: <1@gate.example.tw>

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1
Remote-MTA: dns; gmail-smtp-in.l.google.com. (142.250.0.27, the server for the domain
 example.org.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.
Last-Attempt-Date: Sun, 22 Nov 2026 16:31:07 -0800 (PST)

--00000000000007a2
Content-Type: message/rfc822

From: gate <no-reply@gate.example.tw>
To: {address}
Subject: x

x
--00000000000007a2--
"""

EXCHANGE = """\
From: postmaster@example.org
To: <{path}>
Date: Mon, 23 Nov 2026 00:31:08 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="9B095B5ADSN=_01D9F0A1B2C3D4E50000"
MIME-Version: 1.0
Subject: =?utf-8?B?54Sh5rOV5YKz6YCB55qE6YO15Lu2?=

This is a MIME-formatted message.

--9B095B5ADSN=_01D9F0A1B2C3D4E50000
Content-Type: text/plain; charset=unicode-1-1-utf-7

+cUBs1WKAgKw-

--9B095B5ADSN=_01D9F0A1B2C3D4E50000
Content-Type: message/delivery-status

Reporting-MTA: dns;EX01.example.org
Received-From-MTA: dns;mx.gate.example.tw
Arrival-Date: Mon, 23 Nov 2026 00:31:07 +0000

Original-Recipient: rfc822;{address}
Final-Recipient: rfc822;{address}
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP

--9B095B5ADSN=_01D9F0A1B2C3D4E50000
Content-Type: message/rfc822

From: gate <no-reply@gate.example.tw>
Subject: x

x
--9B095B5ADSN=_01D9F0A1B2C3D4E50000--
"""

EXIM = """\
Envelope-to: {path}
Received: from exim by mx.example.org with local (Exim 4.97) id 1vA; Mon, 23 Nov 2026 00:31:08 +0000
From: Mail Delivery System <Mailer-Daemon@mx.example.org>
To: {path}
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary=1795393868-eximdsn-804289383
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender

--1795393868-eximdsn-804289383
Content-type: text/plain; charset=us-ascii

A message that you sent could not be delivered to one or more of its recipients.

--1795393868-eximdsn-804289383
Content-type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Action: failed
Final-Recipient: rfc822;{address}
Status: 5.0.0
Remote-MTA: dns; inner.example.org
Diagnostic-Code: smtp; 550 5.1.1 <{address}>: no such user here

--1795393868-eximdsn-804289383
Content-type: text/rfc822-headers

From: gate <no-reply@gate.example.tw>

--1795393868-eximdsn-804289383--
"""

SENDMAIL = """\
Return-Path: <MAILER-DAEMON@mail.example.org>
From: Mail Delivery Subsystem <MAILER-DAEMON@mail.example.org>
To: <{path}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="5AN0VQ.1795393869/mail.example.org"
Subject: Returned mail: see transcript for details
Auto-Submitted: auto-generated (failure)

--5AN0VQ.1795393869/mail.example.org

The original message was received at Mon, 23 Nov 2026 08:31:05 +0800

--5AN0VQ.1795393869/mail.example.org
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org
Received-From-MTA: DNS; mx.gate.example.tw
Arrival-Date: Mon, 23 Nov 2026 08:31:05 +0800

Original-Recipient: rfc822;{address}
Final-Recipient: RFC822; mei@inner.example.org
Action: failed
Status: 5.2.1
Diagnostic-Code: SMTP; 550 5.2.1 mailbox disabled
Last-Attempt-Date: Mon, 23 Nov 2026 08:31:09 +0800

--5AN0VQ.1795393869/mail.example.org
Content-Type: text/rfc822-headers

From: gate <no-reply@gate.example.tw>

--5AN0VQ.1795393869/mail.example.org--
"""

QMAIL = """\
Return-Path: <>
Delivered-To: {path}
From: MAILER-DAEMON@mail.example.org
To: {path}
Subject: failure notice

Hi. This is the qmail-send program at mail.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{address}>:
Sorry, no mailbox here by that name. (#5.1.1)
"""

HOLIDAY = """\
From: {address}
To: {path}
Subject: Re: out of office
Auto-Submitted: auto-replied
Content-Type: text/plain

I am away until Monday. Action: failed Status: 5.1.1
"""

# Deeper than the library can walk, and still a small mail.
NESTED = "To: {path}\nContent-Type: multipart/report; boundary=part0\n\n" + "".join(
    f"--part{depth}\nContent-Type: multipart/mixed; boundary=part{depth + 1}\n\n"
    for depth in range(2_000)
)
DELAYED = POSTFIX.replace("Action: failed", "Action: delayed").replace("5.1.1", "4.4.1")
GIVEN_UP = POSTFIX.replace("Status: 5.1.1", "Status: 4.4.1")
DELIVERED = POSTFIX.replace("Action: failed", "Action: delivered").replace("5.1.1", "2.1.5")
NO_DOMAIN = POSTFIX.replace("Status: 5.1.1", "Status: 5.4.4")
SPAM = POSTFIX.replace("5.1.1", "5.7.1")
"""A letter refused for what it says, or for who we are."""
FAILING = {
    "postfix": POSTFIX,
    "google": GOOGLE,
    "exchange": EXCHANGE,
    "exim": EXIM,
    "sendmail": SENDMAIL,
    "no_domain": NO_DOMAIN,
}
MEANINGLESS = {
    "delayed": DELAYED,
    "given_up": GIVEN_UP,
    "delivered": DELIVERED,
    "qmail": QMAIL,
    "holiday": HOLIDAY,
    "empty": "",
    "nested": NESTED,
    "cut": POSTFIX[: POSTFIX.index("Action:")],
}


def report(shape: str, path: str, address: str) -> bytes:
    """Return the mail as a mailbox holds it."""
    filled = shape.replace("{path}", path).replace("{address}", address)
    return filled.replace("\n", "\r\n").encode()
