// What a manifest of each kind must look like: types made from the API descriptions of Kubernetes, of
// the Gateway API's and the two operators' resources, and of Cloud Run's Admin API. A kind that is not
// here is an error.

import { IDeployment } from "kubernetes-models/apps/v1/Deployment";
import { IHorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import { ICronJob } from "kubernetes-models/batch/v1/CronJob";
import { IConfigMap } from "kubernetes-models/v1/ConfigMap";
import { INamespace } from "kubernetes-models/v1/Namespace";
import { IPersistentVolumeClaim } from "kubernetes-models/v1/PersistentVolumeClaim";
import { IService } from "kubernetes-models/v1/Service";
import { IServiceAccount } from "kubernetes-models/v1/ServiceAccount";
import { IIngress } from "kubernetes-models/networking.k8s.io/v1/Ingress";
import { INetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { IPodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { IHTTPRoute } from "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute";
import { IExternalSecret } from "@kubernetes-models/external-secrets/external-secrets.io/v1/ExternalSecret";
import { IPrometheusRule } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule";
import { IServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor";
import { run_v1 } from "@googleapis/run/build/v1";

// All three are optional in the descriptions, as servers fill them in.
type Whole<T extends { apiVersion?: unknown; kind?: unknown; metadata?: unknown }> = T &
  Required<Pick<T, "apiVersion" | "kind" | "metadata">>;

export interface Kinds {
  "v1 ConfigMap": Whole<IConfigMap>;
  "v1 Namespace": Whole<INamespace>;
  "v1 PersistentVolumeClaim": Whole<IPersistentVolumeClaim>;
  "v1 Service": Whole<IService>;
  "v1 ServiceAccount": Whole<IServiceAccount>;
  "apps/v1 Deployment": Whole<IDeployment>;
  "autoscaling/v2 HorizontalPodAutoscaler": Whole<IHorizontalPodAutoscaler>;
  "batch/v1 CronJob": Whole<ICronJob>;
  "gateway.networking.k8s.io/v1 HTTPRoute": Whole<IHTTPRoute>;
  "networking.k8s.io/v1 Ingress": Whole<IIngress>;
  "networking.k8s.io/v1 NetworkPolicy": Whole<INetworkPolicy>;
  "policy/v1 PodDisruptionBudget": Whole<IPodDisruptionBudget>;
  "external-secrets.io/v1 ExternalSecret": Whole<IExternalSecret>;
  "monitoring.coreos.com/v1 PrometheusRule": Whole<IPrometheusRule>;
  "monitoring.coreos.com/v1 ServiceMonitor": Whole<IServiceMonitor>;
  "serving.knative.dev/v1 Service": Whole<run_v1.Schema$Service>;
  "run.googleapis.com/v1 Job": Whole<run_v1.Schema$Job>;
}
