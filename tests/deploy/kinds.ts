// What a manifest of each kind must look like: types made from the API descriptions of Kubernetes 1.30,
// of the two operators' resources and of Cloud Run's Admin API. A kind that is not here is an error.

import { Deployment } from "kubernetes-types/apps/v1";
import { HorizontalPodAutoscaler } from "kubernetes-types/autoscaling/v2";
import { CronJob } from "kubernetes-types/batch/v1";
import { ConfigMap, Namespace, Service, ServiceAccount } from "kubernetes-types/core/v1";
import { ObjectMeta } from "kubernetes-types/meta/v1";
import { Ingress, NetworkPolicy } from "kubernetes-types/networking/v1";
import { PodDisruptionBudget } from "kubernetes-types/policy/v1";
import { IExternalSecret } from "@kubernetes-models/external-secrets/external-secrets.io/v1/ExternalSecret";
import { IPrometheusRule } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule";
import { IServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor";
import { run_v1 } from "@googleapis/run/build/v1";

// All three are optional in the descriptions, as servers fill them in.
type Whole<T extends { apiVersion?: unknown; kind?: unknown; metadata?: unknown }> = T &
  Required<Pick<T, "apiVersion" | "kind" | "metadata">>;

type Custom<Version, Kind, Spec> = {
  apiVersion: Version;
  kind: Kind;
  metadata: ObjectMeta;
  spec: NonNullable<Spec>;
};

export interface Kinds {
  "v1 ConfigMap": Whole<ConfigMap>;
  "v1 Namespace": Whole<Namespace>;
  "v1 Service": Whole<Service>;
  "v1 ServiceAccount": Whole<ServiceAccount>;
  "apps/v1 Deployment": Whole<Deployment>;
  "autoscaling/v2 HorizontalPodAutoscaler": Whole<HorizontalPodAutoscaler>;
  "batch/v1 CronJob": Whole<CronJob>;
  "networking.k8s.io/v1 Ingress": Whole<Ingress>;
  "networking.k8s.io/v1 NetworkPolicy": Whole<NetworkPolicy>;
  "policy/v1 PodDisruptionBudget": Whole<PodDisruptionBudget>;
  "external-secrets.io/v1 ExternalSecret": Custom<
    "external-secrets.io/v1", "ExternalSecret", IExternalSecret["spec"]>;
  "monitoring.coreos.com/v1 PrometheusRule": Custom<
    "monitoring.coreos.com/v1", "PrometheusRule", IPrometheusRule["spec"]>;
  "monitoring.coreos.com/v1 ServiceMonitor": Custom<
    "monitoring.coreos.com/v1", "ServiceMonitor", IServiceMonitor["spec"]>;
  "serving.knative.dev/v1 Service": Whole<run_v1.Schema$Service>;
  "run.googleapis.com/v1 Job": Whole<run_v1.Schema$Job>;
}
