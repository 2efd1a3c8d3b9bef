"""Directives. Source: the ModSecurity v3 reference manual, and v2's that it lists; `Include` is the connectors'."""

from __future__ import annotations

from policy.seclang.word import Shape, refused, supported, table, without_effect

_OWN_LOG = "Sekisho's log is one for every transfer, and cannot be turned off by a rule file"
_OWN_LIMIT = "the front holds its own limits, which apply before the rules"
_NO_FILES = "nothing of a request is written to a disk before it was judged"
_HASH = "the hash engine of ModSecurity 2 rewrites pages; a relay hands on what the application answered"

DIRECTIVES = table(
    supported(
        Shape.REQUIRED,
        "Include IncludeOptional SecAction SecArgumentSeparator SecArgumentsLimit SecCollectionTimeout "
        "SecCookieFormat SecCookieV0Separator SecDefaultAction SecMarker SecParseXmlIntoArgs "
        "SecRequestBodyAccess SecRequestBodyJsonDepthLimit "
        "SecRequestBodyLimit SecRequestBodyLimitAction SecRequestBodyNoFilesLimit SecResponseBodyAccess "
        "SecResponseBodyLimit SecResponseBodyLimitAction SecResponseBodyMimeType SecRule SecRuleEngine SecRuleRemoveById "
        "SecRuleRemoveByMsg SecRuleRemoveByTag SecRuleUpdateActionById SecRuleUpdateTargetById SecRuleUpdateTargetByMsg "
        "SecRuleUpdateTargetByTag SecTmpSaveUploadedFiles SecUnicodeMapFile SecUploadFileLimit SecWebAppId "
        "SecXmlExternalEntity",
    ),
    supported(Shape.NONE, "SecResponseBodyMimeTypesClear"),
    without_effect(
        Shape.REQUIRED,
        _OWN_LOG,
        "SecAuditEngine SecAuditLog SecAuditLog2 SecAuditLogDirMode SecAuditLogFileMode SecAuditLogFormat "
        "SecAuditLogParts SecAuditLogPrefix SecAuditLogRelevantStatus SecAuditLogStorageDir SecAuditLogType "
        "SecDebugLog SecDebugLogLevel SecGuardianLog",
    ),
    without_effect(Shape.REQUIRED, "what it names is for ModSecurity's audit log alone", "SecComponentSignature SecSensorId"),
    without_effect(
        Shape.REQUIRED,
        "the engine has limits of its own, for each match and for each request (docs/spec/rules.md section 4)",
        "SecPcreMatchLimit SecPcreMatchLimitRecursion",
    ),
    without_effect(Shape.REQUIRED, _OWN_LIMIT, "SecRequestBodyInMemoryLimit SecReadStateLimit SecWriteStateLimit"),
    without_effect(Shape.REQUIRED, _OWN_LIMIT, "SecConnEngine SecConnReadStateLimit SecConnWriteStateLimit"),
    without_effect(
        Shape.REQUIRED,
        _NO_FILES,
        "SecChrootDir SecDataDir SecTmpDir SecUploadDir SecUploadFileMode SecUploadKeepFiles",
    ),
    without_effect(Shape.REQUIRED, "every chain of transformations is computed once per value", "SecCacheTransformations"),
    without_effect(Shape.REQUIRED, "nobody is told of what runs here", "SecServerSignature SecStatusEngine"),
    without_effect(Shape.REQUIRED, "bodies are not changed by rules", "SecStreamInBodyInspection SecStreamOutBodyInspection"),
    without_effect(Shape.REQUIRED, "the front asks for identity encoding itself", "SecDisableBackendCompression"),
    without_effect(Shape.REQUIRED, "the metrics of the rules stage tell where time goes", "SecRulePerfTime"),
    without_effect(Shape.REQUIRED, "there is no @rbl to give the key to", "SecHttpBlKey"),
    refused("runs a script with what a client sent", "SecRuleScript"),
    refused("rules come from files that an operator has put there, never over the network", "SecRemoteRules"),
    refused("belongs to SecRemoteRules, which is refused", "SecRemoteRulesFailAction"),
    refused("there is no data base of places and no @geoLookup", "SecGeoLookupDb"),
    refused("the service behind it has ended", "SecGsbLookupDb"),
    refused("a relay hands on what the application answered, or refuses it", "SecContentInjection"),
    refused("a rule that fails is a refusal; that is not for a rule file to decide", "SecInterceptOnError"),
    refused("a rule set is one configuration: there are no contexts to inherit from", "SecRuleInheritance"),
    refused(_HASH, "SecDisableHashEngine SecHashEngine SecHashKey SecHashMethodPm SecHashMethodRx SecHashParam"),
    refused("an old protection for readers of PDF files that no browser needs any more", "SecPdfProtect SecPdfProtectMethod "
            "SecPdfProtectSecret SecPdfProtectTimeout SecPdfProtectTokenName"),
    refused("bodies in other encodings are transcoded by the route, which names its encodings", "SecRequestEncoding"),
    refused("was replaced by the second argument of SecUnicodeMapFile", "SecUnicodeCodePage"),
)  # fmt: skip
