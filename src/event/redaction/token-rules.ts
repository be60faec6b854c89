/** A format that a provider documents: a fixed beginning, then characters of a known kind and number. */
export interface TokenRule {
  readonly rule: string;
  /** What a token begins with, in exactly this case. */
  readonly prefix: string;
  /** What follows; a first group is kept in the text. Linear: one run of one class, or runs of bounded length. */
  readonly body: string;
  /** Words begin like this as well: letters and digits must be mixed. */
  readonly isCommon: boolean;
  /** Made of random characters as a whole. */
  readonly random: boolean;
}

const A = "[A-Za-z0-9]";
const W = String.raw`[\w-]`;
const HEX = "[0-9a-fA-F]";
const UUID = `${HEX}{8}-${HEX}{4}-${HEX}{4}-${HEX}{4}-${HEX}{12}`;
/** The token is as long as that, no longer. */
const END = "(?![A-Za-z0-9_])";

/** Rules by name: each `prefix…  body`, prefixes separated by `|`. Formats are the providers' own descriptions. */
const FORMATS: Readonly<Record<string, readonly (readonly [prefixes: string, body: string])[]>> = {
  "aws-access-key-id": [
    ["AKIA|ASIA|ABIA|ACCA|AROA|AIDA|AGPA|AIPA|ANPA|ANVA|APKA|ASCA", `[A-Z0-9]{16}${END}`],
    ["A3T", `[A-Z0-9]{17}${END}`],
  ],
  "aws-token": [
    ["ABSK", "[A-Za-z0-9+/]{100,}={0,2}"],
    ["bedrock-api-key-", "[A-Za-z0-9+/=]{24,}"],
    ["amzn.mws.", UUID],
    ["amzn1.oa2-cs.v1.", `${HEX}{64}`],
  ],
  "github-token": [
    ["ghp_|gho_|ghu_|ghr_", `${A}{36,}`],
    // server tokens may carry a JWT behind the app's number
    ["ghs_", "[A-Za-z0-9_.-]{36,}"],
    ["github_pat_", String.raw`\w{36,}`],
    ["v1.", `${HEX}{40}${END}`],
  ],
  "gitlab-token": [
    [
      "glpat-|gloas-|gldt-|glrt-|glrtr-|glcbt-|glptt-|glft-|glimt-|glagent-|glsoat-|glffct-|glwt-|GR1348941",
      String.raw`[\w-]{20,}(?:\.[\w-]{2,32}){0,2}`,
    ],
  ],
  "slack-token": [
    // numbers of the workspace and the app stand in all of them
    [
      "xoxb-|xoxp-|xoxa-|xoxr-|xoxs-|xoxe-|xoxc-|xoxd-|xoxe.xoxb-|xoxe.xoxp-|xwfp-",
      "(?=(?:[A-Za-z%+/=-]{0,60}[0-9]){3})[A-Za-z0-9%+=-][A-Za-z0-9%+/=-]{9,}",
    ],
    ["xapp-", "[0-9]-[A-Za-z0-9]{2,16}-[A-Za-z0-9-]{3,}"],
  ],
  "slack-webhook": [
    [
      "hooks.slack.com/services/|hooks.slack.com/workflows/|hooks.slack.com/triggers/|hooks.slack-gov.com/services/",
      "[A-Za-z0-9+/_-]{20,}",
    ],
  ],
  "webhook-url": [
    ["discord.com/api/webhooks/|discordapp.com/api/webhooks/", String.raw`[0-9]{15,22}/[\w-]{40,}`],
    ["hooks.zapier.com/hooks/catch/", "[0-9]{3,12}/[a-z0-9]{5,}"],
    ["webhook.office.com/webhookb2/", String.raw`[\w@/-]{60,}`],
    ["chat.googleapis.com/v1/spaces/", String.raw`[\w-]{5,20}/messages\?key=[\w-]{20,}&token=[\w%-]{20,}`],
  ],
  "stripe-key": [
    ["sk_live_|sk_test_|rk_live_|rk_test_|sk_prod_|rk_prod_|sk_org_", String.raw`\w{10,}`],
    ["whsec_", "[A-Za-z0-9+/]{24,}={0,2}"],
  ],
  "google-api-key": [
    ["AIza", `${W}{35}(?![\\w-])`],
    ["AQ.Ab", `${W}{40,}`],
  ],
  "google-oauth": [
    ["GOCSPX-", `${W}{20,}`],
    ["ya29.", `[\\w.-]{20,}`],
    ["1//0", `${W}{30,}`],
    ["4/0A", `${W}{40,}`],
  ],
  "openai-key": [
    ["sk-proj-|sk-svcacct-|sk-admin-|sk-None-|sk-service-", `${W}{20,}`],
    ["sk-", `${A}{32,}${END}`],
    ["sess-", `${A}{40}${END}`],
  ],
  "anthropic-key": [["sk-ant-", `${W}{16,}`]],
  "atlassian-token": [
    ["ATATT|ATCTT|ATSTT|ATOAT", "[A-Za-z0-9_=+/-]{40,}"],
    ["ATBB", `${A}{28,32}${END}`],
    ["BBDC-", "[A-Za-z0-9+/@_-]{40,50}"],
  ],
  "npm-token": [
    ["npm_", `${A}{36}${END}`],
    ["NpmToken.", UUID],
  ],
  "pypi-token": [["pypi-Ag", `${W}{50,}`]],
  "azure-token": [["JQQJ99|AZURE_JQQJ99", `${A}{26,}`]],
  "digitalocean-token": [["dop_v1_|doo_v1_|dor_v1_|dos_v1_", `${HEX}{64}`]],
  "sendgrid-key": [["SG.", String.raw`(?:[\w-]{16,32}\.[\w-]{16,64}|[\w.=-]{66})`]],
  "twilio-key": [["SK", `[0-9a-fA-F]{32}${END}`]],
  "huggingface-token": [
    ["hf_", `${A}{30,}${END}`],
    ["api_org_", `${A}{34}${END}`],
  ],
  "databricks-token": [["dapi|dose|dkea|ddbc", `${HEX}{32}(?:-[0-9])?${END}`]],
  "shopify-token": [["shpat_|shpss_|shpca_|shppa_|shptka_|shpua_|shpit_|shprt_", "[0-9a-fA-F]{32,}"]],
  "vault-token": [
    ["hvs.|hvb.|hvr.", `${W}{20,}`],
    ["s.", `(?=[a-zA-Z]{0,23}[0-9])(?=[A-Z0-9]{0,23}[a-z])(?=[a-z0-9]{0,23}[A-Z])${A}{24}(?![\\w.(-])`],
  ],
  "docker-token": [["dckr_pat_|dckr_oat_", `${W}{20,}`]],
  "linear-key": [["lin_api_|lin_oauth_|lin_wh_", `${A}{32,}`]],
  "notion-token": [
    ["ntn_", `${A}{40,}`],
    ["secret_", `${A}{43}${END}`],
  ],
  "figma-token": [["figd_|figu_|figo_|figor_|figoh_|figuh_|figdr_|figdh_|figor_|figh_|figp_", `${W}{36,}`]],
  "supabase-key": [
    ["sbp_|sbp_oauth_", `${HEX}{40}`],
    ["sb_secret_", `${W}{20,}`],
  ],
  "grafana-token": [
    ["glsa_", `${A}{32}_[A-Fa-f0-9]{8}`],
    ["glc_", "[A-Za-z0-9+/]{32,}={0,3}"],
    ["eyJrIjoi", `${A}{70,}={0,3}`],
  ],
  "cloud-token": [
    ["tskey-", String.raw`[a-z]{2,12}-[\w-]{16,}`],
    ["HRKU-", `[\\w-]{36,}`],
    ["fo1_", `${W}{43}`],
    ["fm1r_|fm1a_|fm2_", "[A-Za-z0-9+/,=_-]{80,}"],
    ["v1.0-", `${HEX}{24}-${HEX}{146}`],
    ["cfut_|cfat_|cfk_", `${A}{40,}`],
    ["nfp_|nfc_|nfo_|nfu_|nfb_", `${A}{32,}`],
    ["vcp_|vci_|vca_|vcr_|vck_", `${A}{24,}`],
    ["rnd_", `${A}{28,}`],
    ["pscale_tkn_|pscale_oauth_|pscale_pw_", "[A-Za-z0-9=_.-]{32,}"],
    ["pul-", `${HEX}{40}`],
    ["scw-secret-|SCWSECRET", `${A}{20,}`],
    ["LTAI", `${A}{16,24}${END}`],
    ["AKID", `${A}{32}${END}`],
    ["sha256~", `${W}{43}`],
    [
      "dt0c01.|dt0s01.|dt0s02.|dt0s16.|dt0a01.|dt0s08.|dt0s04.|dt0s06.",
      "[A-Za-z0-9]{6,24}\\.[A-Za-z0-9]{64}",
    ],
    ["exoscale-|EXO", "[0-9a-f]{24,}"],
    ["bkua_|bkct_", `${A}{40,}`],
    ["CCIPAT_|CCIPRJ_", String.raw`\w{20,}`],
    ["sqp_|squ_|sqa_", `${HEX}{40}`],
    ["sgp_|sgd_|slk_", `(?:(?:${HEX}{16}|local)_)?${HEX}{40,64}`],
    ["snyk_uat.|snyk_sat.", String.raw`[\w.-]{20,}`],
    ["sntrys_", "[A-Za-z0-9+/=_]{40,}"],
    ["sntryu_", `${HEX}{64}`],
    ["PMAK-|PMAT-", "[0-9a-zA-Z]{20,26}-?[0-9a-zA-Z]{0,40}"],
    ["rubygems_", `${HEX}{48}`],
    ["CLOJARS_", "[a-z0-9]{60}"],
    ["oy2", `[a-z0-9]{43}${END}`],
    ["AKCp", `${A}{60,80}${END}`],
    ["cmVmd", `${A}{55,}`],
    ["CFPAT-", `${W}{43}`],
    ["pnu_|pnb_", `${A}{36}`],
    ["API-", `[A-Z0-9]{25,26}${END}`],
    ["dp.pt.|dp.ct.|dp.sa.|dp.scim.|dp.audit.|dp.said.", `${A}{40,44}`],
    ["dp.st.", "(?:[a-z0-9_-]{2,35}\\.)?[A-Za-z0-9]{40,44}"],
    ["ops_eyJ", "[A-Za-z0-9+/]{200,}={0,3}"],
    ["ico-", `(?=[0-9a-z]{0,31}[A-Z])${A}{32}${END}`],
    ["NRAK-|NRJS-|NRII-|NRRA-|NRSP-", `[A-Za-z0-9-]{19,}`],
    ["phx_|phs_", `${A}{30,}`],
    ["lsv2_pt_|lsv2_sk_", `${HEX}{32}_${HEX}{10}`],
    ["sk-lf-|sk-or-v1-|sk-or-|sk-litellm-|sk-cp-", `[0-9a-zA-Z-]{32,}`],
    ["ddp_|ddapp_|dd_api_", `${A}{30,}`],
    ["launchdarkly-|api-|sdk-|mob-", `${UUID}${END}`],
    ["tfe.|tfc.", `${A}{14,}`],
    ["wandb_v1_", String.raw`\w{40,}`],
  ],
  "ai-key": [
    ["gsk_", `${A}{40,}`],
    ["xai-", `${A}{60,}`],
    ["r8_", `${A}{30,}`],
    ["pplx-", `${A}{32,}`],
    ["nvapi-", `${W}{40,}`],
    ["tvly-", `[\\w-]{24,}`],
    ["pcsk_", String.raw`\w{40,}`],
    ["fw_", `${A}{22,}${END}`],
    ["csk-", `[a-z0-9]{40,}`],
    ["esecret_", `${A}{26,}`],
    ["jina_", `${A}{40,}`],
    ["e2b_", `${HEX}{40}`],
    ["fc-", `${HEX}{32}${END}`],
    ["sk_", `${HEX}{48}${END}`],
    ["tgp_v1_", `${W}{40,}`],
  ],
  "payment-key": [
    ["sq0atp-|sq0csp-", `${W}{22,}`],
    ["EAAA", `${W}{30,64}(?![\\w-])`],
    ["access-sandbox-|access-development-|access-production-", UUID],
    ["access_token$production$|access_token$sandbox$", `[0-9a-z]{16}\\$${HEX}{32}`],
    ["FLWSECK-|FLWSECK_TEST-|FLWSECK_PROD-", "[0-9a-zA-Z]{12,}(?:-X)?"],
    ["EZAK|EZTK", `${A}{54}`],
    ["shippo_live_|shippo_test_", `${HEX}{40}`],
    ["duffel_live_|duffel_test_", `[\\w=-]{43}`],
    ["live_|test_", `(?:pub_)?${HEX}{31,35}${END}`],
    ["rzp_live_|rzp_test_", `${A}{14,}${END}`],
    ["sk_sandbox_|sk_production_", `${A}{20,}`],
    ["cko_|pk_sbox_|sk_sbox_", `${A}{20,}`],
  ],
  "service-token": [
    ["EAA", `${A}{90,}`],
    ["pat", `[A-Za-z0-9]{14}\\.${HEX}{64}`],
    ["key-|pubkey-", `${HEX}{32}${END}`],
    ["xkeysib-|xsmtpsib-", `${HEX}{64}-${A}{16}`],
    ["re_", `${A}{6,12}_${A}{18,}`],
    ["sk.eyJ", String.raw`[\w-]{40,}(?:\.[\w-]{16,})?`],
    ["rdme_", "[a-z0-9]{70}"],
    ["tfp_", String.raw`[\w.=-]{40,}`],
    ["fio-u-", String.raw`[\w=-]{60,}`],
    ["aio_", `${A}{28}${END}`],
    ["mfa.", `${W}{80,}`],
    ["sm_aat_|sm_pat_|sm_sat_", `${A}{16,}`],
    ["tk-us-|tk-eu-", `${W}{40,}`],
    ["A3-", "[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}"],
    ["4b1d", `${A}{38}${END}`],
    ["pat.|sat.", String.raw`[\w-]{22}\.[0-9a-z]{24}\.[0-9A-Za-z]{20}`],
    [
      "sc_|ext_|scauth_|authress_",
      String.raw`[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_-][a-z0-9-]{10,32}\.[\w+/=-]{30,120}`,
    ],
    ["patp_|pat-na1-|pat-eu1-", `[0-9a-f-]{36}`],
    ["rpa_", `${A}{30,}`],
    ["sl.", "[A-Za-z0-9_=-]{130,}"],
    ["uat_|pat_", `${A}{40,}${END}`],
    ["dckr_", `${W}{27,}`],
    ["CRTKN|crtkn_", `${A}{30,}`],
    ["cio", `${A}{32}${END}`],
    ["ntfy_|tk_", `[a-z0-9]{29}${END}`],
    ["ATTA", `[0-9a-f]{64}${END}`],
    ["y0_|t1.", `[\\w.=-]{50,}`],
    ["AGE-SECRET-KEY-1", "[A-Z0-9]{58}"],
    ["p8e-", `${A}{32}${END}`],
    ["ak-|as-", `${A}{22}(?![\\w-])`],
    ["b_", `[a-z0-9=_-]{44}(?![\\w-])`],
    ["u-s4t2ud-|s-s4t2ud-|u-s4t2af-|s-s4t2af-", `${HEX}{64}`],
  ],
};

/** Formats whose beginning is an ordinary word's or identifier's, too. */
const COMMON = new Set(
  (
    "sk- re_ r8_ fc- API- pat ntn_ gsk_ rnd_ fw_ sk_ sl. uat_ pat_ cio oy2 EAA EAAA ak- as- b_ tk_ ntfy_ secret_ ghs_ " +
    "glrt- glft- gldt- tvly- csk- sk-or- sk-cp- rpa_ phx_ phs_ AKID LTAI EXO exoscale- ATBB sess- v1. SG. xai- 1//0 4/0A " +
    "NRAK- NRJS- NRII- NRRA- NRSP- sk_live_ sk_test_ rk_live_ rk_test_ PMAK- PMAT- tskey- cko_ glc_ xwfp- live_ test_ HRKU- " +
    "tfe. tfc. pnu_ pnb_ ddp_ dd_api_ ddapp_ jina_ y0_ t1. aio_ ico- nfp_ nfc_ nfo_ nfu_ nfb_ vcp_ vci_ vca_ vcr_ vck_"
  ).split(" "),
);

/** A secret behind words that say so; the words are kept. */
const PHRASES: readonly (readonly [rule: string, prefixes: string, body: string])[] = [
  ["bearer-token", "Bearer |bearer |BEARER ", "()[A-Za-z0-9_.~+/=:-]{16,}"],
  [
    "password",
    "IDENTIFIED BY |identified by |PASSWORD |password |Password ",
    String.raw`((?:IS |is )?['"])[^'"\s]{4,128}(?=['"])`,
  ],
  [
    "cookie",
    "_gitlab_session=|JSESSIONID=|PHPSESSID=|connect.sid=|sessionid=|laravel_session=|_session_id=|ASP.NET_SessionId=",
    String.raw`()[\w%.+/-]{16,}`,
  ],
  ["password", "sshpass -p |sshpass -p", String.raw`(\s?['"]?)[^\s'"]{4,128}`],
  [
    "private-key",
    "Private-Lines: ",
    String.raw`([0-9]{1,3}(?:\r\n|\n|\\r\\n|\\n))(?:[A-Za-z0-9+/=]{1,76}(?:\r\n|\n|\\r\\n|\\n)?){1,200}`,
  ],
];

/** Every built-in format and phrase, longest prefixes first. */
export const TOKEN_RULES: readonly TokenRule[] = [
  ...Object.entries(FORMATS).flatMap(([rule, formats]) =>
    formats.flatMap(([prefixes, body]) =>
      prefixes
        .split("|")
        .map((prefix): TokenRule => ({ rule, prefix, body, isCommon: COMMON.has(prefix), random: true })),
    ),
  ),
  ...PHRASES.flatMap(([rule, prefixes, body]) =>
    prefixes
      .split("|")
      .map((prefix): TokenRule => ({ rule, prefix, body, isCommon: rule === "bearer-token", random: false })),
  ),
].sort((a, b) => b.prefix.length - a.prefix.length);
