"""What a rule protects against, by its tags: the words of the Core Rule Set's own categories, for whoever weighs an exclusion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from policy.bilingual import Said

BY_TAG: Mapping[str, Said] = {
    "attack-sqli": Said(
        "SQL インジェクション（入力欄からデータベースを操作する攻撃）",
        "SQL injection: text that becomes part of a query",
    ),
    "attack-xss": Said(
        "クロスサイトスクリプティング（閲覧者のブラウザーで動くスクリプトの埋込み）",
        "cross-site scripting: markup that runs in a reader's browser",
    ),
    "attack-rce": Said("サーバー上での任意のコマンドの実行", "commands that the server's shell would run"),
    "attack-lfi": Said("サーバー内のファイルの読出し（../ など）", "reading files of the server, as by ../"),
    "attack-rfi": Said(
        "外部のアドレスからプログラムを読み込ませる攻撃", "having the server load a program from elsewhere"
    ),
    "attack-ssrf": Said("サーバーに内部の宛先へ接続させる攻撃", "having the server connect to internal addresses"),
    "attack-ssti": Said("テンプレートへの命令の埋込み", "instructions inside a template of the server"),
    "attack-injection-php": Said("PHP のコードの埋込み", "PHP code in the input"),
    "attack-injection-java": Said(
        "Java のクラスや式の埋込み（Log4Shell など）", "Java classes and expressions in the input, such as Log4Shell"
    ),
    "attack-injection-nodejs": Said("Node.js のコードの埋込み", "Node.js code in the input"),
    "attack-injection-generic": Said("プログラムのコードの埋込み", "program code in the input"),
    "attack-generic": Said("複数の言語に共通の、コードの埋込み", "code in the input, of several languages"),
    "attack-ldap": Said("LDAP の検索式の改変", "changing a search of a directory (LDAP)"),
    "attack-fixation": Said("セッション固定（他人のセッションを使わせる攻撃）", "session fixation"),
    "attack-protocol": Said(
        "HTTP の決まりを外れた要求（検査をすり抜ける手口に使われる）",
        "requests outside the rules of HTTP, which hide attacks",
    ),
    "attack-multipart-header": Said(
        "multipart のヘッダーを使った検査のすり抜け", "headers of multipart that hide attacks"
    ),
    "attack-deprecated-header": Said("廃止されたヘッダーを使った検査のすり抜け", "outdated headers that hide attacks"),
    "attack-reputation-scanner": Said("脆弱性を探す道具", "tools that look for weaknesses"),
    "attack-reputation-scripting": Said("自動化された要求", "requests made by scripts"),
    "attack-reputation-crawler": Said("自動巡回", "crawlers"),
    "attack-reputation-ip": Said("評判の悪い送信元", "sources of bad reputation"),
    "attack-dos": Said("大量の要求による妨害", "floods of requests"),
    "attack-disclosure": Said(
        "内部の情報（誤りの詳細、ソースコードなど）の流出",
        "answers that tell about the inside, such as errors and source code",
    ),
}


def purpose_of(tags: Iterable[str]) -> Said | None:
    """By the first tag that is known; None where none is."""
    return next((BY_TAG[tag] for tag in tags if tag in BY_TAG), None)
