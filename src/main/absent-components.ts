import type { AbsentComponent, ComponentKind } from '#component';

/** Types of otelcol-contrib that Signalbox does not have, and why. What it gets is left out of the page by itself (docs/components). */

const LATER = 'it is not written yet';
const SCRAPED =
  'it is not written yet; scrape the exporter for Prometheus of the same program by the receiver prometheus';
const FILES = `${LATER}; let an agent that reads it send OTLP`;
const SENDS_OTLP = 'it is not written yet; what sends to it can mostly send OTLP, Zipkin or remote write, too';
const CLOUD = "it reads one cloud's own service, which needs an account there to be tested";
const TAKES_OTLP = 'it speaks a protocol of one vendor, who takes OTLP, too: use otlp_http or otlp_grpc';
const VENDOR = 'it speaks a protocol of one vendor, and needs an account there to be tested';
const SYSTEM = 'it reads an operating system on which Signalbox is not tested';
const NETWORK = `${LATER}: it asks devices and addresses of a network`;
const SECRETS = "it logs in at one cloud's or vendor's service, which needs an account there to be tested";
const OBSERVER =
  'it finds what receiver_creator starts, which is not written yet; the receiver prometheus has discovery of its own';
const ENCODING = 'no receiver or exporter here takes an encoding from an extension yet';
const OF_TESTS = 'it does nothing, for tests of otelcol';

const ABSENT: readonly (readonly [kind: ComponentKind, reason: string, types: string])[] = [
  ['receiver', FILES, 'file_log filestats journald tcplog udplog syslog namedpipe'],
  ['receiver', LATER, 'host_metrics statsd fluent_forward kafka collectd carbon influxdb wavefront webhookevent'],
  ['receiver', LATER, 'k8s_cluster k8s_events k8s_objects kubelet_stats docker_stats podman_stats receiver_creator'],
  ['receiver', LATER, 'datadog splunk_hec otelarrow stef libhoney faro envoyals expvar systemd pprof obi'],
  ['receiver', SENDS_OTLP, 'skywalking pulsar solace cloudfoundry awsxray'],
  [
    'receiver',
    SCRAPED,
    'aerospike apache apachespark couchdb elasticsearch flinkmetrics haproxy kafkametrics memcached mongodb mysql',
  ],
  [
    'receiver',
    SCRAPED,
    'nginx oracledb postgresql rabbitmq redis riak saphana sqlserver sqlquery zookeeper nsxt vcenter',
  ],
  ['receiver', SCRAPED, 'purefa purefb prometheus_simple bigip jmx'],
  ['receiver', NETWORK, 'chrony ciscoos httpcheck icmpcheck netflow ntp snmp sshcheck tcpcheck tlscheck yanggrpc'],
  ['receiver', CLOUD, 'awscloudwatch awscontainerinsightreceiver awsecscontainermetrics awsfirehose awslambda awss3'],
  [
    'receiver',
    CLOUD,
    'azureblob azureeventhub azuremonitor googlecloudmonitoring googlecloudpubsub googlecloudspanner',
  ],
  ['receiver', CLOUD, 'cloudflare mongodbatlas snowflake splunkenterprise github gitlab'],
  ['receiver', SYSTEM, 'activedirectoryds iis macosunifiedlogging windowseventlog windowsperfcounters windowsservice'],
  ['receiver', OF_TESTS, 'nop'],
  ['receiver', 'services send to the receiver jaeger or by OTLP', 'signalfx'],
  [
    'processor',
    LATER,
    'deltatorate drain geoip groupbytrace interval isolationforest log_dedup metricsgeneration metric_start_time',
  ],
  [
    'processor',
    LATER,
    'groupbyattrs metricstransform cumulativetodelta deltatocumulative resource_detection k8s_attributes redaction span',
  ],
  ['processor', LATER, 'schema unroll cardinality_guardian gen_ai_normalizer'],
  ['processor', 'signalbox tap is to show what passes', 'remotetap'],
  ['processor', VENDOR, 'coralogix sumologic'],
  [
    'exporter',
    LATER,
    'kafka elasticsearch opensearch clickhouse syslog influxdb otelarrow stef pulsar rabbitmq cassandra doris faro',
  ],
  [
    'exporter',
    TAKES_OTLP,
    'datadog coralogix logzio sumologic signalfx splunk_hec azuremonitor awsxray awsemf awscloudwatchlogs',
  ],
  ['exporter', TAKES_OTLP, 'googlecloud googlemanagedprometheus sentry logicmonitor'],
  [
    'exporter',
    VENDOR,
    'alibabacloud_logservice bmchelix dataset honeycombmarker mezmo tencentcloud_logservice tinybird',
  ],
  ['exporter', CLOUD, 'awskinesis awss3 azureblob azuredataexplorer googlecloudpubsub googlecloudstorage'],
  ['exporter', OF_TESTS, 'nop'],
  ['connector', LATER, 'count exceptions failover otlpjson roundrobin routing sum signaltometrics'],
  ['connector', 'the connector span_metrics makes metrics of spans', 'datadog grafanacloud'],
  ['extension', LATER, 'http_forwarder k8s_leader_elector opamp oidc ack db_storage redis_storage'],
  ['extension', LATER, 'pebble_tail_storage cgroup_runtime'],
  ['extension', OBSERVER, 'docker_observer ecs_observer host_observer k8s_observer'],
  ['extension', SECRETS, 'asapclient awsiamdbauth awsproxy azure_auth datadog googleclientauth sigv4auth sumologic'],
  [
    'extension',
    ENCODING,
    'awscloudwatchmetricstreams_encoding awslogs_encoding azure_encoding googlecloudlogentry_encoding',
  ],
  [
    'extension',
    ENCODING,
    'jaeger_encoding json_log_encoding otlp_encoding skywalking_encoding text_encoding zipkin_encoding',
  ],
];

export const absentComponents: readonly AbsentComponent[] = ABSENT.flatMap(([kind, reason, types]) =>
  types.split(' ').map((type) => ({ kind, type, reason })),
);
