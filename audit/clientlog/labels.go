package clientlog

import "strings"

// labels are the words that FileZilla puts before its messages, in the languages
// that it speaks.
var labels = func() map[string]direction {
	m := make(map[string]direction)
	for dir, words := range map[direction]string{
		said:     statusLabels,
		sent:     commandLabels,
		received: responseLabels,
		failed:   errorLabels,
	} {
		for w := range strings.SplitSeq(words, "|") {
			m[w] = dir
		}
	}
	for _, w := range []string{"Command", "Error", "Response", "Status"} { // as people type them
		m[strings.ToLower(w)] = m[w]
	}
	return m
}()

const (
	errorLabels = "Błąd|Chyba|Eroare|Erreur|Erro|Error|Errore|Errorea|Fehler|Feil|Fejl|Fel|Fout|Gwall|Hata|Hiba|Kesalahan|Klaida|" +
		"Kļūda|Lỗi|Napaka|Pogreška|Sbagliu|Tuccḍa|Viga|Villa|Virhe|Xəta|Çewtî|Σφάλμα|Грешка|Ката|Ошибка|Помилка|Սխալ|" +
		"שגיאה|الخطأ|خطا|त्रुटि|பிழை|ข้อผิดพลาด|ຜິດພາດ|შეცდომა|エラー|錯誤|错误|오류"
	//nolint:misspell // Spanish, Italian and Portuguese
	commandLabels = "Anezḍay|Befehl|Comanda|Comando|Comandă|Command|Commande|Cumanda|Ferman|Gorchymyn|Komanda|Komandoa|Komento|" +
		"Kommando|Komut|Käsk|Lệnh|Naredba|Opdracht|Orde|Ordre|Parancs|Perintah|Polecenie|Príkaz|Příkaz|Skipun|Ukaz|" +
		"Εντολή|Команда|Наредба|Հրամանը|פקודה|الأمر|فرمان|आदेश|கட்டளை|คำสั่ง|ຄຳສັ່ງ|ბრძანება|コマンド|命令|指令|명령"
	responseLabels = "Antwoord|Antwort|Atbilde|Atsakymas|Bersîv|Cavab|Erantzuna|Odgovor|Odpoveď|Odpověď|Odpowiedź|Respon|Respons|" +
		"Responsa|Response|Resposta|Respuesta|Risposta|Réponse|Răspuns|Svar|Tiririt|Trả về|Vastaus|Vastus|Válasz|Yanıt|" +
		"Ymateb|Απάντηση|Відповідь|Жооп|Одговор|Ответ|Отговор|Պատասխանը|תגובה|الإستجابة|پاسخ|प्रतिक्रिया|பதில்|" +
		"การตอบสนอง|ການຕອບສະໜອງ|პასუხი|レスポンス|响应|回應|응답"
	statusLabels = "A listar|Addad|Agbur|Auflistung|Būsena|Contenu|Cuntenutu|Daftar|Danh sách|Dojście|Durum|Dấu vết|Egoera|Elenco|" +
		"Estado|Estat|Estatut|Estau|Izsekot|Jarraitu aztarnari|Jejak|Jäljitä|Lijst|Lista|Listado|Listando|Listar|Listau|" +
		"Listaus|Liste|Listing|Listning|Listun|Listázás|Listă|Llistant|Loetelu|Olrhain|Opsporen|Popis|Pėdsakas|Rakning|" +
		"Rewş|Rhestr|Riyê Bişopîne|Részlet|Rêzkirin|Saraksts|Seguimento|Seznam|Sledi|Spor|Sporing|Spårning|Staatus|" +
		"Stanje|Stare|Stato|Statu|Status|Statut|Statws|Stav|Staða|Suivi|Sąrašas|Sıralama|Tila|Traccia|Trace|Trag|" +
		"Trasovanie|Trasování|Traza|Traça|Traçament|Traçar|Täitmine|Tình trạng|Urmărire|Výpis|Yol izlensin|Zerrenda|" +
		"Állapot|İz|Εντοπισμός|Κατάσταση|Λίστα|Абал|Відстежити|Листање|Попис|Следи|Список|Списък|Статус|Стање|Състояние|" +
		"Траг|Трасиране|Трассировка|Գործողությունը|Ուղեգծում|Ցանկը|הצגה|מעקב|מצב|الأثر|الحالة|القائمة|در حال شنيدن|" +
		"ردیابی|وضعيت|पदचिन्ह|वस्तुस्थिति|सूची|டிரேஸ்|நிலை|பட்டியல்|ติดตาม|รายการ|สถานะ|ຕິດຕາມ|ລາຍການ|ສະຖານະ|კვალი|" +
		"სტატუსი|トレース|リスト|列表|歷程|状态|状態|狀態|追踪|목록|상태|추적"
)

// maxLabel bounds a label, in bytes.
const maxLabel = 40

// label takes FileZilla's label off; a table's cells, blanks or the tab stand
// behind it (FileZilla's "copy to clipboard" and what forums make of it).
func label(r *record) bool {
	t := r.text
	i := strings.IndexByte(t[:min(len(t), maxLabel)], ':')
	width := 1
	if j := strings.IndexByte(t[:min(len(t), maxLabel)], '\t'); j >= 0 && (i < 0 || j < i) {
		i = j
	}
	if i < 2 {
		if i = strings.Index(t[:min(len(t), maxLabel)], "："); i < 2 {
			return false
		}
		width = len("：")
	}
	dir, ok := labels[t[:i]]
	if !ok && (t[i-1] == ' ' || t[i-1] >= 0x80) {
		dir, ok = labels[strings.TrimRight(t[:i], " \u00a0:")]
	}
	if !ok {
		return false
	}
	rest := t[i+width:]
	if rest != "" && rest[0] > ' ' && rest[0] < 0x80 && rest[0] != '|' {
		return false
	}
	r.dress, r.dir, r.text = fileZilla, dir, strings.Trim(rest, " \t|\u00a0")
	return true
}
